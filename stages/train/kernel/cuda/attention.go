package cuda

import (
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// The kernels and how they are launched are told in source/attention.cuh.

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

// attention is the shape over tiles of so many rows of so many heads, with so many tiles
// in shared memory.
func (d *device) attention(a kernel.Attention, heads, rows, tiles int) driver.Shape {
	tile := d.tile()
	return driver.Shape{
		Grid:   [3]int{heads, a.Batch, (rows + tile - 1) / tile},
		Block:  [3]int{attentionThreads, 1, 1},
		Shared: tiles * tile * (sizeOf(a.Dim)*d.float.Size() + 16),
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

// Attends implements kernel.Limited.
func (d *device) Attends(a kernel.Attention, gradient bool) error {
	if most := attentionSizes[len(attentionSizes)-1]; a.Dim > most {
		return exit.Errorf(exit.Usage, "heads of %d columns: a GPU has kernels for heads of up to %d; take a model with smaller heads, or --device cpu", a.Dim, most)
	}
	tiles := 3
	if gradient {
		tiles = 4
	}
	return d.holds(d.attention(a, a.Heads, a.Seq, tiles))
}

// shape are the last arguments of an attention kernel: source/attention_seen.cuh.
func (l *launcher) shape(seen kernel.Seen, a kernel.Attention) *launcher {
	return l.buffers(seen.Lengths, seen.Starts, seen.Step).int(a.Seq).int(a.Keys).int(a.Heads).int(a.KV).int(a.Dim).flag(a.Causal).float(a.Scale).
		word(uint32(a.Drop.P * (1 << 32))).float(1 / (1 - a.Drop.P)).word(uint32(a.Drop.Seed)).word(uint32(a.Drop.Seed >> 32)).word(a.Drop.Stream)
}

// attends names the kernels: those that large language models are trained with are their
// own.
func (d *device) attends(seen kernel.Seen, a kernel.Attention) string {
	plain := a.Causal && a.Keys == a.Seq && seen.Lengths != nil && seen.Starts == nil && a.Drop.P == 0
	if size := sizeOf(a.Dim); plain && d.float == kernel.BF16 && (size == 64 || size == 128) {
		return "attention_causal"
	}
	return "attention"
}

// Attention is softmax attention over the keys that are seen.
func (d *device) Attention(y, lse, q, k, v kernel.Buffer, seen kernel.Seen, a kernel.Attention) {
	d.enter()
	defer d.context.Leave()
	name := fmt.Sprintf("%s_%d", d.attends(seen, a), sizeOf(a.Dim))
	d.kernel(name).buffers(y, lse, q, k, v).shape(seen, a).launch(d.attention(a, a.Heads, a.Seq, 3))
}

// AttentionBack is the gradient of Attention: of queries by one kernel and of keys and
// values by another, so that each sum is one block's.
func (d *device) AttentionBack(dq, dk, dv, dy, y, lse, q, k, v kernel.Buffer, seen kernel.Seen, a kernel.Attention) {
	d.enter()
	defer d.context.Leave()
	const warps = attentionThreads / 32 // a warp a query
	delta := d.scratchOf(a.Batch * a.Heads * a.Seq * 4)
	d.kernel("attention_delta").pointer(delta).buffers(dy, y, seen.Lengths).int(a.Seq).int(a.Keys).int(a.Heads).int(a.Dim).launch(driver.Shape{
		Grid: [3]int{a.Heads, a.Batch, (a.Seq + warps - 1) / warps}, Block: [3]int{attentionThreads, 1, 1}})
	name, size := d.attends(seen, a), sizeOf(a.Dim)
	d.kernel(fmt.Sprintf("%s_queries_%d", name, size)).buffers(dq, dy, lse).pointer(delta).buffers(q, k, v).shape(seen, a).launch(d.attention(a, a.Heads, a.Seq, 4))
	d.kernel(fmt.Sprintf("%s_keys_%d", name, size)).buffers(dk, dv, dy, lse).pointer(delta).buffers(q, k, v).shape(seen, a).launch(d.attention(a, a.KV, a.Keys, 4))
}
