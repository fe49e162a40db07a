package auroc

import (
	"math"
	"math/bits"
)

// comparison is the memory of comparing one class with another: the rarer is sorted,
// and each example of the other is placed among its scores. What it holds of an earlier
// one is never read.
type comparison struct {
	scores         []float64
	keys, spare    []uint64
	distinct, tree []uint64
	copies, placed []int
	slots          [mostCells + 2]int32 // of cells
}

// keyOf orders scores as whole numbers: the bits of a negative score are turned round,
// the sign of others is set (Herf 2001, Radix Tricks). -0 equals 0, and no number has
// the key lastKey.
func keyOf(score float64) uint64 {
	b := math.Float64bits(score + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// scoreOf is the score of a key.
func scoreOf(key uint64) float64 {
	return math.Float64frombits(key ^ (^uint64(int64(key)>>63) | 1<<63))
}

const lastKey = math.MaxUint64

// keysOf are the keys of scores.
func (c *comparison) keysOf(scores []float64) []uint64 {
	c.keys = resize(c.keys, len(scores))
	for i, score := range scores {
		c.keys[i] = keyOf(score)
	}
	return c.keys
}

// steps are those of a staircase whose positives are the rare: the examples whose label
// is of.
func (c *comparison) steps(scores []float64, labels []bool, of bool) (Staircase, error) {
	c.count(c.sorted(c.keysOf(c.gather(scores, labels, of))))
	c.placed = resize(c.placed, 2*len(c.distinct))
	clear(c.placed)
	c.plant()
	others, err := c.others(scores, labels, of)
	if err != nil {
		return nil, err
	}
	c.place(c.inOrder(c.keysOf(others)))
	return c.staircase(), nil
}

// others are the scores of the examples whose label is not of, as far as sift leaves
// them.
func (c *comparison) others(scores []float64, labels []bool, of bool) ([]float64, error) {
	if 0 < len(c.copies) && len(c.copies) <= manyKeys {
		return c.sift(scores, labels, of)
	}
	for _, score := range scores {
		if score != score {
			return nil, ErrNaN
		}
	}
	return c.gather(scores, labels, !of), nil
}

// fewOf is so small a share of labels, one in so many, that to look for the next one
// costs less than to copy each score. Measured by bench/eval.
const fewOf = 16

// gather copies the scores of the examples whose label is of.
func (c *comparison) gather(scores []float64, labels []bool, of bool) []float64 {
	c.scores = resize(c.scores, len(scores))
	gathered, n := c.scores, 0
	if fewOf*count(labels, of) <= len(labels) {
		for at := range having(labels, of) {
			gathered[n] = scores[at]
			n++
		}
		return gathered[:n]
	}
	for i, score := range scores {
		gathered[n] = score
		is := 0
		if labels[i] == of {
			is = 1
		}
		n += is
	}
	return gathered[:n]
}

// staircase is that of the rare, and of what was placed among them.
func (c *comparison) staircase() Staircase {
	steps := make(Staircase, 0, 2*len(c.copies)+1)
	for i := len(c.copies); i >= 0; i-- {
		if between := c.placed[2*i]; between > 0 {
			steps = append(steps, step{negatives: between})
		}
		if i > 0 {
			steps = append(steps, step{positives: c.copies[i-1], negatives: c.placed[2*i-1]})
		}
	}
	return steps
}

// manyKeys is so large a tree that to look up keys in their order, which keeps its
// branches in the cache, is worth sorting them. Measured by BenchmarkBalanced.
const manyKeys = 1 << 15

// inOrder are keys, sorted where it is worth it.
func (c *comparison) inOrder(keys []uint64) []uint64 {
	if len(c.copies) > manyKeys {
		return c.sorted(keys)
	}
	return keys
}

// count keeps each of the sorted keys once, how often it is there, and lastKey behind
// them.
func (c *comparison) count(sorted []uint64) {
	c.distinct, c.copies = c.distinct[:0], c.copies[:0]
	for i, key := range sorted {
		if i == 0 || key != sorted[i-1] {
			c.distinct, c.copies = append(c.distinct, key), append(c.copies, 0)
		}
		c.copies[len(c.copies)-1]++
	}
	c.distinct = append(c.distinct, lastKey)
}

// place counts the keys that lie below the i-th distinct one and above that before it,
// at 2i, and those that equal it, at 2i+1. The search is down a binary tree, without a
// branch that depends on a key.
func (c *comparison) place(keys []uint64) {
	levels := c.levels()
	tree, distinct, placed := c.tree, c.distinct, c.placed
	for _, key := range keys {
		at := uint64(1)
		for range levels {
			_, below := bits.Sub64(tree[at], key, 0)
			at = 2*at + below
		}
		at -= 1 << levels
		equal := uint64(0)
		if distinct[at] == key {
			equal = 1
		}
		placed[2*at+equal]++
	}
}

// plant makes a complete binary search tree of the distinct keys, level by level from
// its root at 1; the children of a node at i are at 2i and 2i+1 (Khuong and Morin 2017,
// ACM Journal of Experimental Algorithmics 22, Eytzinger's layout). It is filled up
// with lastKey.
func (c *comparison) plant() {
	size := 1 << c.levels()
	c.tree = append(c.tree[:0], lastKey)
	for apart := size; apart > 1; apart /= 2 {
		for i := apart/2 - 1; i < size-1; i += apart {
			c.tree = append(c.tree, c.distinct[min(i, len(c.copies))])
		}
	}
}

// levels are those of the tree.
func (c *comparison) levels() int { return bits.Len(uint(len(c.copies))) }

// resize is a slice of n values, of any content, in the same memory where it suffices.
func resize[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n)
	}
	return s[:n]
}
