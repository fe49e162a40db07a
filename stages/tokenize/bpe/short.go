package bpe

import "math"

// shortSymbols is up to how many first pieces of a word all merges are looked at for the
// first of them, which is then faster than an Agenda.
const shortSymbols = 32

// short are the symbols of a short word, each in the place of its first piece.
type short struct {
	ids        [shortSymbols]int32
	prev, next [shortSymbols]uint8
	wholes     [shortSymbols]int32  // what the merge with the next symbol makes
	orders     [shortSymbols]uint64 // what is merged first: the merge's rank, then the place; never
}

// never is the order of what is not merged.
const never = math.MaxUint64

// mergeShort is Merge of a word of 2 to shortSymbols first pieces.
func (g *Merger) mergeShort(dst []int32, word []int32) []int32 {
	s, last := &g.short, len(word)-1
	copy(s.ids[:], word)
	for i := range last {
		s.prev[i+1], s.next[i] = uint8(i), uint8(i+1)
		s.propose(g.pairs, i, i+1)
	}
	s.next[last] = uint8(last + 1)
	for order := s.first(last); order != never; order = s.first(last) {
		s.merge(g.pairs, int(order%shortSymbols), last)
	}
	for i := 0; i <= last; i = int(s.next[i]) {
		dst = append(dst, s.ids[i])
	}
	return dst
}

// first is the least order of the places before the last.
func (s *short) first(last int) uint64 {
	least := uint64(never)
	for _, order := range s.orders[:last] {
		least = min(least, order)
	}
	return least
}

// merge makes a symbol and the next one a symbol.
func (s *short) merge(p *pairs, at, last int) {
	gone := int(s.next[at])
	next := int(s.next[gone])
	s.ids[at], s.next[at] = s.wholes[at], uint8(next)
	s.orders[at], s.orders[gone] = never, never
	if next <= last {
		s.prev[next] = uint8(at)
		s.propose(p, at, next)
	}
	if at > 0 {
		s.propose(p, int(s.prev[at]), at)
	}
}

// propose notes the merge of two neighbours where there is one.
func (s *short) propose(p *pairs, left, right int) {
	of := p.slot(keyOf(s.ids[left], s.ids[right]))
	s.wholes[left], s.orders[left] = of.whole, uint64(of.rank)*shortSymbols+uint64(left)
	if of.key == noPair {
		s.orders[left] = never
	}
}
