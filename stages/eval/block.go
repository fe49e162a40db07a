package eval

import (
	"encoding/binary"
	"fmt"
	"math"
)

// blockClasses is how many classes of a multi-label task travel together. One
// packed block for many pairs of example and class is what makes AUROC over a
// thousand labels cheap on every runner.
const blockClasses = 64

// block is the logits and labels of some examples for a run of classes: the
// accumulator of eval.auroc. It holds no ids.
type block struct {
	classes    int // of the task
	first      int // first class of the block
	width      int
	multiLabel bool
	n          int
	rows       []byte // n rows of rowBytes
}

// A row is the example's log-sum-exp over all classes (float64), its class
// (int32) or the bits of its labels in the block, and its logits (float32).
func (b block) labelBytes() int {
	if b.multiLabel {
		return (b.width + 7) / 8
	}
	return 4
}

func (b block) rowBytes() int { return 8 + b.labelBytes() + 4*b.width }

// blocks cuts the examples by classes. A single-label task is one block: its
// classes are compared with each other.
func (g *group) blocks() []block {
	width := blockClasses
	if !g.multiLabel {
		width = g.classes
	}
	norms := make([]float64, len(g.logits))
	for i, logits := range g.logits {
		norms[i] = logSumExp(logits)
	}
	var blocks []block
	for first := 0; first < g.classes; first += width {
		b := block{classes: g.classes, first: first, width: min(width, g.classes-first), multiLabel: g.multiLabel}
		b.rows = make([]byte, 0, len(g.logits)*b.rowBytes())
		for i, logits := range g.logits {
			b.append(logits, g.labels[i], norms[i])
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func (b *block) append(logits []float32, labels []int32, norm float64) {
	b.n++
	b.rows = binary.LittleEndian.AppendUint64(b.rows, math.Float64bits(norm))
	if b.multiLabel {
		set := make([]byte, b.labelBytes())
		for _, label := range labels {
			if k := int(label) - b.first; k >= 0 && k < b.width {
				set[k/8] |= 1 << (k % 8)
			}
		}
		b.rows = append(b.rows, set...)
	} else {
		b.rows = binary.LittleEndian.AppendUint32(b.rows, uint32(labels[0]))
	}
	for _, logit := range logits[b.first : b.first+b.width] {
		b.rows = binary.LittleEndian.AppendUint32(b.rows, math.Float32bits(logit))
	}
}

// logSumExp is log Σ exp(logit), in float64.
func logSumExp(logits []float32) float64 {
	top := math.Inf(-1)
	for _, logit := range logits {
		top = max(top, float64(logit))
	}
	var sum float64
	for _, logit := range logits {
		sum += math.Exp(float64(logit) - top)
	}
	return top + math.Log(sum)
}

// headerBytes is classes, first, width, multiLabel and n, four bytes each.
const headerBytes = 20

func (b block) pack() []byte {
	kind := 0
	if b.multiLabel {
		kind = 1
	}
	data := make([]byte, 0, headerBytes+len(b.rows))
	for _, v := range []int{b.classes, b.first, b.width, kind, b.n} {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return append(data, b.rows...)
}

func unpackBlock(data []byte) (block, error) {
	if len(data) < headerBytes {
		return block{}, fmt.Errorf("an accumulator of eval.auroc is cut short")
	}
	field := func(i int) int { return int(binary.LittleEndian.Uint32(data[4*i:])) }
	b := block{classes: field(0), first: field(1), width: field(2), multiLabel: field(3) == 1, n: field(4), rows: data[headerBytes:]}
	if len(b.rows) != b.n*b.rowBytes() {
		return block{}, fmt.Errorf("an accumulator of eval.auroc is damaged")
	}
	return b, nil
}

// joinBlocks joins packed blocks of the same classes.
func joinBlocks(packed [][]byte) ([]byte, error) {
	var all block
	for i, data := range packed {
		b, err := unpackBlock(data)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			all = b
			all.rows = append([]byte(nil), b.rows...)
			continue
		}
		if b.classes != all.classes || b.first != all.first || b.width != all.width {
			return nil, errClasses
		}
		all.n += b.n
		all.rows = append(all.rows, b.rows...)
	}
	return all.pack(), nil
}

func (b block) norm(row int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(b.rows[row*b.rowBytes():]))
}

func (b block) logit(row, k int) float64 {
	at := row*b.rowBytes() + 8 + b.labelBytes() + 4*k
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b.rows[at:])))
}

// label is the class of a single-label row.
func (b block) label(row int) int32 {
	return int32(binary.LittleEndian.Uint32(b.rows[row*b.rowBytes()+8:]))
}

// has says whether a multi-label row has the block's class k.
func (b block) has(row, k int) bool {
	return b.rows[row*b.rowBytes()+8+k/8]&(1<<(k%8)) != 0
}
