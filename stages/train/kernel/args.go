package kernel

// MatMul holds the sizes of a product: op(a) is [M, K], op(b) is [K, N] and c
// is [M, N]. TransA says that a is stored as [K, M], TransB that b is stored as
// [N, K] (as a weight is: [out, in]). Acc adds to c, which is not read otherwise.
type MatMul struct {
	M, N, K        int
	TransA, TransB bool
	Alpha          float64
	Acc            bool
}

// Norm holds the sizes of a normalisation over the last dimension.
type Norm struct {
	Rows, Cols int
	Eps        float64
}

// Rope holds the sizes of a rotation of x [rows, heads, dim]; row i has position
// i mod Seq, cos and sin are [seq, dim/2]. Inverse turns back: the gradient.
type Rope struct {
	Rows, Seq, Heads, Dim int
	Inverse               bool
}

// Attention holds the sizes of attention: q and y are [batch, seq, heads, dim],
// k and v [batch, seq, kv, dim]; query head h reads key head h/(heads/kv).
// Scale multiplies the scores.
type Attention struct {
	Batch, Seq, Heads, KV, Dim int
	Scale                      float64
}

// Drop names the random numbers of one dropout: those of Philox4x32-10 with key
// Seed and counter (c, Stream, step), low words first. Element i is dropped when
// word (i mod 64)/16 of counter c = 16·(i/64) + i mod 16 is below P·2³².
type Drop struct {
	P      float64
	Seed   uint64
	Stream uint32
}

// Loss holds the sizes of logits [rows, cols] and whether the gradient is wanted.
type Loss struct {
	Rows, Cols int
	Grad       bool
}

// Adam holds AdamW's settings as PyTorch names them (torch.optim.AdamW). Step
// counts from 1.
type Adam struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Step                               int
}
