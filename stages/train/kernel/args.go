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

// Function is a function of one number.
type Function int

// The functions of Activate.
const (
	GELU     Function = iota // x·Φ(x), with the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415)
	GELUTanh                 // its approximation by tanh, gelu_new of transformers
	Tanh
	ReLU
)

// Attention holds the sizes of attention: q and y are [batch, seq, heads, dim], k and v
// [batch, keys, kv, dim]; query head h reads key head h/(heads/kv). The first keys - seq
// keys stand in front of the others: key j has the place of query j - (keys - seq). With
// Causal a query sees the keys up to its own place, without all of its sequence. Scale
// multiplies the scores.
type Attention struct {
	Batch, Seq, Keys, Heads, KV, Dim int
	Causal                           bool
	Scale                            float64
	// Drop is dropout of the probabilities; P 0: none. The number of key j for query i of
	// head h is ((batch·heads + h)·seq + i)·keys' + j, where keys' is keys rounded up to
	// a multiple of 64.
	Drop Drop
}

// Seen says which keys the queries of attention see: buffers of I32, nil where they see
// all of them.
type Seen struct {
	// Lengths [batch] are the keys in use of each sequence, with those in front. Queries in
	// whose place no such key stands are not in use. nil: all keys and all queries are.
	Lengths Buffer
	// Starts [batch, seq] is for each query the first of the keys behind those in front
	// that it sees.
	Starts Buffer
	// Step [2] is the number of the step, low word first, for Drop.
	Step Buffer
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
