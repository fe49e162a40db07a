package cuda

import (
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// The kernels and their shapes are told in source/attention.cuh.

// attentionThreads is the block of every attention kernel.
const attentionThreads = 128

// attentionSizes are the head sizes that there are kernels for; a head takes the least
// that holds it.
var attentionSizes = []int{32, 64, 128, 256}

func sizeOf(dim int) int {
	for _, size := range attentionSizes {
		if dim <= size {
			return size
		}
	}
	panic(fmt.Sprintf("attention heads of %d columns: a GPU has kernels up to %d", dim, attentionSizes[len(attentionSizes)-1]))
}

// tile is how many rows a block of the attention kernels works on.
func (d *device) tile() int {
	if d.float == kernel.BF16 {
		return 64
	}
	return 32
}

// attention is the shape over tiles of rows of so many heads, with so many tiles in
// shared memory.
func (d *device) attention(a kernel.Attention, heads, tiles int) driver.Shape {
	rows := d.tile()
	return driver.Shape{
		Grid:   [3]int{heads, a.Batch, (a.Seq + rows - 1) / rows},
		Block:  [3]int{attentionThreads, 1, 1},
		Shared: tiles * rows * (sizeOf(a.Dim)*d.float.Size() + 16),
	}
}

// holds fails where a block wants more shared memory than the card has: kernels of
// attention over wide heads.
func (d *device) holds(s driver.Shape) error {
	if s.Shared <= d.gpu.Shared {
		return nil
	}
	return exit.Errorf(exit.Usage, "it needs %d KB of shared memory a block and %s has %d: attention over heads of more than %d columns cannot be trained on this card; take a model with smaller heads, or --device cpu",
		s.Shared>>10, d.gpu.Name, d.gpu.Shared>>10, attentionSizes[len(attentionSizes)-2])
}

// sizes are the last arguments of an attention kernel.
func (l *launcher) sizes(a kernel.Attention) *launcher {
	return l.int(a.Seq).int(a.Heads).int(a.KV).int(a.Dim).float(a.Scale)
}

// computes fails where the kernels have no such attention.
func (d *device) computes(seen kernel.Seen, a kernel.Attention) bool {
	ok := a.Causal && a.Keys == a.Seq && seen.Lengths != nil && seen.Starts == nil && a.Drop.P == 0
	if !ok {
		d.fail("attention", d.lacks("attention that is not causal, or of more keys than queries, or with dropout"))
	}
	return ok
}

// Attention is causal attention over the first keys in use.
func (d *device) Attention(y, lse, q, k, v kernel.Buffer, seen kernel.Seen, a kernel.Attention) {
	d.enter()
	defer d.context.Leave()
	if !d.computes(seen, a) {
		return
	}
	lengths := seen.Lengths
	d.kernel(fmt.Sprintf("attention_%d", sizeOf(a.Dim))).buffers(y, lse, q, k, v, lengths).sizes(a).launch(d.attention(a, a.Heads, 3))
}

// AttentionBack is the gradient of Attention: of queries by one kernel and of keys and
// values by another, so that each sum is one block's.
func (d *device) AttentionBack(dq, dk, dv, dy, y, lse, q, k, v kernel.Buffer, seen kernel.Seen, a kernel.Attention) {
	d.enter()
	defer d.context.Leave()
	if !d.computes(seen, a) {
		return
	}
	lengths := seen.Lengths
	const warps = attentionThreads / 32 // a warp a query
	delta := d.scratchOf(a.Batch * a.Heads * a.Seq * 4)
	d.kernel("attention_delta").pointer(delta).buffers(dy, y, lengths).int(a.Seq).int(a.Heads).int(a.Dim).launch(driver.Shape{
		Grid: [3]int{a.Heads, a.Batch, (a.Seq + warps - 1) / warps}, Block: [3]int{attentionThreads, 1, 1}})
	size := sizeOf(a.Dim)
	d.kernel(fmt.Sprintf("attention_queries_%d", size)).buffers(dq, dy, lse).pointer(delta).buffers(q, k, v, lengths).sizes(a).launch(d.attention(a, a.Heads, 4))
	d.kernel(fmt.Sprintf("attention_keys_%d", size)).buffers(dk, dv, dy, lse).pointer(delta).buffers(q, k, v, lengths).sizes(a).launch(d.attention(a, a.KV, 4))
}
