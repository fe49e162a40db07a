package sentencepiece

import (
	"math"

	"github.com/clinflow/clinflow/stages/tokenize/bpe"
	"github.com/clinflow/clinflow/stages/tokenize/cache"
)

// symbol is a run of characters of the segment that is being merged. A size of
// 0 marks one that was merged into its left neighbour.
type symbol struct {
	start, size int32
	prev, next  int32 // -1: none
	frozen      bool
}

// rankOf puts merges in their order: that of the higher score has the higher rank, and
// none has 0. The bits of a float32 above zero are ordered as it is, those below the other
// way round.
func rankOf(score float32) uint32 {
	bits := math.Float32bits(score + 0) // -0 is 0
	if bits>>31 == 0 {
		return bits | 1<<31
	}
	return ^bits
}

// merger holds the buffers of byte-pair merging.
type merger struct {
	model   *Model
	text    []byte // the segment, and cache.KeyBytes more
	symbols []symbol
	agenda  bpe.Agenda
	parts   parts // what became of the segment
	// splits holds, for each unused piece met, the size of its left half: the
	// way back from a piece that must not be output. There is one way only. The
	// merges inside a stretch of text come in an order of their own, whatever
	// stands around it, and each leaves a symbol less: the stretch is two
	// symbols at most once.
	splits map[int32]int
}

// run merges one segment, which must not be empty, and leaves in parts what became of it.
func (g *merger) run(segment []byte) {
	g.text = append(append(g.text[:0], segment...), make([]byte, cache.KeyBytes)...)
	if len(segment) <= fewBytes && !g.model.userPieces.any {
		g.mergeFew(len(segment))
		return
	}
	g.split(len(segment))
	for i := range int32(len(g.symbols) - 1) {
		g.propose(i, i+1)
	}
	for len(g.agenda) > 0 {
		g.merge(g.agenda.Pop())
	}
	g.parts = g.parts[:0]
	for i := int32(0); i >= 0; i = g.symbols[i].next {
		g.parts = append(g.parts, part{start: g.symbols[i].start})
	}
	g.parts = append(g.parts, part{start: int32(len(segment))})
}

// merge makes a candidate one symbol, unless it is stale.
func (g *merger) merge(c bpe.Candidate) {
	at := c.Left()
	left, right := &g.symbols[at], &g.symbols[c.Other]
	if left.size == 0 || right.size == 0 || left.size+right.size != c.Size {
		return
	}
	left.size, right.size = c.Size, 0
	left.next = right.next
	if right.next >= 0 {
		g.symbols[right.next].prev = at
	}
	g.propose(left.prev, at)
	g.propose(at, left.next)
}

// split makes a symbol of each character and of each user-defined piece.
func (g *merger) split(end int) {
	g.symbols = g.symbols[:0]
	for at := 0; at < end; {
		size := longestPrefix(&g.model.userPieces, g.text[at:end])
		frozen := size > 0
		if !frozen {
			size = charLen(g.text[at:end])
		}
		i := int32(len(g.symbols))
		g.symbols = append(g.symbols, symbol{start: int32(at), size: int32(size), prev: i - 1, next: i + 1, frozen: frozen})
		at += size
	}
	g.symbols[len(g.symbols)-1].next = -1
}

// propose puts the merge of two neighbours on the agenda where their text is a
// piece.
func (g *merger) propose(left, right int32) {
	if left < 0 || right < 0 || g.symbols[left].frozen || g.symbols[right].frozen {
		return
	}
	l := &g.symbols[left]
	size := l.size + g.symbols[right].size
	if p := g.find(l.start, size, l.size); p.any() {
		g.agenda.Push(bpe.Candidate{Order: uint64(^p.rank)<<32 | uint64(left), Other: right, Size: size})
	}
}

// find finds the piece that two neighbours are together, the left one of the size half.
func (g *merger) find(start, size, half int32) found {
	p := g.model.lookup.find(g.text[start:], int(size))
	if g.model.unused && p.any() && g.model.pieces[p.id].Type == Unused {
		g.splits[p.id] = int(half)
	}
	return p
}
