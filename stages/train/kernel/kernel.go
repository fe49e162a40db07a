// Package kernel is the arithmetic a training step needs, as one interface that
// a device implements: buffers in the device's memory and the kernels over
// them. stages/train/graph is its only caller.
//
// Matrices are row-major and dense. A kernel takes its sizes from its arguments,
// never from a buffer's length, except where it says so. Kernels do not return
// errors: a device may run them later; Sync and Download return the first
// failure. A wrong size is a programming error and panics. What differs from one
// run of a graph to the next (the step, the scale of a loss) is in a buffer and
// not an argument, so that a Recorder may play a run again.
//
// A gradient kernel with an acc argument adds to its destination when acc is
// true and overwrites it otherwise. Gradients of parameters are always added.
package kernel

// Buffer is device memory. It is made by one Backend and used with no other.
type Buffer interface {
	Len() int
	DType() DType
	// Slice is the part [lo, hi) in elements, sharing memory.
	Slice(lo, hi int) Buffer
}

// Backend is a device. It is used by one goroutine at a time.
type Backend interface {
	// Name says which kernels run, for manifests: "cpu/avx512/f32".
	Name() string
	// Float is the type of activations and weights.
	Float() DType
	// Master is the type of what needs more digits: gradients and moments of
	// parameters, the sums kept for gradients (rstd, lse), losses, the weights of
	// rows, targets, angles. It is Float itself where that is not BF16.
	Master() DType
	Close() error

	// Alloc returns n zeroed elements.
	Alloc(d DType, n int) (Buffer, error)
	Free(b Buffer)
	// Upload converts src to dst's type. Lengths must agree.
	Upload(dst Buffer, src Host) error
	// Download converts src to dst's type and waits for the device.
	Download(dst Host, src Buffer) error
	// Sync waits for the device and returns the first failure since the last Sync.
	Sync() error
	// Freeze says that the matrix w [rows, cols] will not change but by Upload,
	// so that the backend may keep it in a form of its own.
	Freeze(w Buffer, rows, cols int)
	// ChunkRows is how many rows of cols columns are best made and used up at a
	// time where a matrix is too large to be kept whole.
	ChunkRows(cols int) int

	Elementwise
	Blocks
	Losses
	Optimizer
}

// Elementwise are the kernels that see a buffer as a list of numbers.
type Elementwise interface {
	// Fill sets all of y.
	Fill(y Buffer, v float64)
	// Copy copies all of x.
	Copy(y, x Buffer)
	// Add is y = a + b over all of y; y may be a or b.
	Add(y, a, b Buffer)
	// AddBias adds bias [cols] to every row of y [rows, cols].
	AddBias(y, bias Buffer, rows int)
	// SumRows adds the sum of dy's rows to dbias [cols].
	SumRows(dbias, dy Buffer, rows int)
	// Scale is y = factor[0]·x over all of y, added to y with acc.
	Scale(y, x, factor Buffer, acc bool)
	// Dot adds the sum of a ⊙ b, over all of them, to sum [1].
	Dot(sum, a, b Buffer)
	// Activate is y = f(x) over all of y.
	Activate(y, x Buffer, f Function)
	// ActivateBack is its gradient dx = f'(x) ⊙ dy; dx may be dy.
	ActivateBack(dx, dy, x Buffer, f Function)
	// SwiGLU is y = silu(gate) ⊙ up over all of y.
	SwiGLU(y, gate, up Buffer)
	// SwiGLUBack is the gradient of SwiGLU; dgate and dup are overwritten.
	SwiGLUBack(dgate, dup, dy, gate, up Buffer)
	// Dropout is y = x ⊙ mask / (1-p); it is its own gradient. y may be x. step, I32
	// [2], is the number of the step, low word first.
	Dropout(y, x, step Buffer, d Drop, acc bool)
}

// Blocks are the kernels with rows and columns.
type Blocks interface {
	// MatMul is c = alpha·op(a)·op(b), added to c with Acc.
	MatMul(c, a, b Buffer, m MatMul)
	// Gather is y[i,:] = table[ids[i],:] for the first rows ids. An id outside
	// the table is a failure.
	Gather(y, table, ids Buffer, rows, cols int)
	// ScatterAdd is dtable[ids[i],:] += dy[i,:] for the first rows ids, in their order.
	ScatterAdd(dtable, dy, ids Buffer, rows, cols int)
	// RMSNorm is y = x·rstd·w with rstd = 1/sqrt(mean(x²)+eps), kept for the
	// gradient in rstd [rows].
	RMSNorm(y, rstd, x, w Buffer, n Norm)
	// RMSNormBack writes dx (nil: not wanted) and adds to dw (nil: not wanted).
	RMSNormBack(dx, dw, dy, x, w, rstd Buffer, n Norm, acc bool)
	// LayerNorm is y = (x-mean)·rstd·w + bias with rstd = 1/sqrt(var(x)+eps); mean and
	// rstd [rows] are kept for the gradient.
	LayerNorm(y, mean, rstd, x, w, bias Buffer, n Norm)
	// LayerNormBack writes dx (nil: not wanted) and adds to dw and dbias (nil: not wanted).
	LayerNormBack(dx, dw, dbias, dy, x, w, mean, rstd Buffer, n Norm, acc bool)
	// Rope turns the halves of every head of x by its position's angle. y may be x.
	Rope(y, x, cos, sin Buffer, r Rope)
	// Attention is softmax attention; lse [batch, heads, seq] keeps the logarithm of
	// the softmax's sum for the gradient. Queries that are not in use are zero.
	Attention(y, lse, q, k, v Buffer, seen Seen, a Attention)
	// AttentionBack overwrites dq, dk and dv.
	AttentionBack(dq, dk, dv, dy, y, lse, q, k, v Buffer, seen Seen, a Attention)
	// LSTMCell turns gates [4·hidden], the sums of the input, forget, cell and output
	// gate (torch.nn.LSTM), into the gates' values, and writes the cell's state c and its
	// output h [hidden]. before is the state of the step before, nil at the first.
	LSTMCell(h, c, gates, before Buffer)
	// LSTMCellBack writes the gradient of the gates' sums. dc is the gradient of c that
	// comes from the step after, and becomes that of before.
	LSTMCellBack(dgates, dc, dh, gates, c, before Buffer)
}

// Losses turn logits into losses, and in place into the gradient of the loss. scale
// [1] is what the gradient is multiplied by.
type Losses interface {
	// SoftmaxLoss is loss[i] = weights[i]·cross-entropy(logits[i,:], labels[i]).
	// With l.Grad logits become scale·weights[i]·(softmax - onehot). A row of
	// zero weight has loss and gradient zero, whatever its label.
	SoftmaxLoss(loss, logits, labels, weights, scale Buffer, l Loss)
	// SigmoidLoss is loss[i] = weights[i]·Σ_j binary cross-entropy(logits[i,j], targets[i,j]).
	SigmoidLoss(loss, logits, targets, weights, scale Buffer, l Loss)
}

// Optimizer are the kernels over parameters and their gradients.
type Optimizer interface {
	// ClipFactor sets factor [1], of Master's type, to what all of gs are multiplied
	// by so that their 2-norm together is at most maxNorm
	// (torch.nn.utils.clip_grad_norm_): min(1, maxNorm/(norm + 1e-6)).
	ClipFactor(factor Buffer, gs []Buffer, maxNorm float64)
	// AdamW updates p and its moments m and v from factor [1] times the gradient g,
	// over all of p; a nil factor is 1. master, of Master's type, is what it adds
	// to, and p the rounded copy; it is nil where p itself has that type.
	AdamW(p, master, g, m, v, factor Buffer, a Adam)
}
