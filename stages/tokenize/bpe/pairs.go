package bpe

import (
	"fmt"
	"math/bits"
)

// pairs finds the merge of two pieces: an open-addressing hash table, which is looked
// into for every pair of neighbours of every word.
type pairs struct {
	slots []pair
	shift int // of a hash: its upper bits choose the slot
}

type pair struct {
	key   uint64 // of the two pieces, noPair where the slot is free
	rank  uint32 // place among the merges
	whole int32
}

// noPair is the key of no two pieces: ids are not negative.
const noPair = ^uint64(0)

func keyOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// newPairs is at most half full. Merges of one pair that are there twice are an error.
func newPairs(merges []Merge) (*pairs, error) {
	size := bits.Len(uint(2 * len(merges)))
	p := &pairs{slots: make([]pair, 1<<size), shift: 64 - size}
	for i := range p.slots {
		p.slots[i].key = noPair
	}
	for rank, of := range merges {
		key := keyOf(of.Left, of.Right)
		slot := p.slot(key)
		if slot.key == key {
			return nil, fmt.Errorf("merge %d is there twice", rank)
		}
		*slot = pair{key, uint32(rank), of.Whole}
	}
	return p, nil
}

// slot is where a key is, or the free slot where it belongs. The multiplier is 2^64
// divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4).
func (p *pairs) slot(key uint64) *pair {
	mask := uint64(len(p.slots) - 1)
	for i := key * 0x9e3779b97f4a7c15 >> p.shift; ; i = (i + 1) & mask {
		if s := &p.slots[i]; s.key == key || s.key == noPair {
			return s
		}
	}
}
