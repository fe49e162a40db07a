package sentencepiece

import (
	"math"

	"github.com/clinflow/clinflow/stages/tokenize/bpe"
)

// symbol is a run of characters of the segment that is being merged. A size of
// 0 marks one that was merged into its left neighbour.
type symbol struct {
	start, size int
	prev, next  int // -1: none
	frozen      bool
}

// orderOf puts merges in their order: the higher score first, then the leftmost. The bits
// of a float32 above zero are ordered as it is, those below the other way round.
func orderOf(score float32, left int) uint64 {
	bits := math.Float32bits(score + 0) // -0 is 0
	if bits>>31 == 0 {
		bits = ^bits &^ (1 << 31)
	}
	return uint64(bits)<<32 | uint64(left)
}

// merger holds the buffers of byte-pair merging.
type merger struct {
	model   *Model
	text    []byte
	symbols []symbol
	agenda  bpe.Agenda
	// splits holds, for each unused piece met, the size of its left half: the
	// way back from a piece that must not be output. There is one way only. The
	// merges inside a stretch of text come in an order of their own, whatever
	// stands around it, and each leaves a symbol less: the stretch is two
	// symbols at most once.
	splits map[int32]int
}

// run merges one segment and leaves the result in the chain of symbols that
// begins at 0. text must not be empty.
func (g *merger) run(text []byte) {
	g.text = text
	g.split()
	for i := 1; i < len(g.symbols); i++ {
		g.propose(i-1, i)
	}
	for len(g.agenda) > 0 {
		c := g.agenda.Pop()
		at := int(c.Left())
		left, right := &g.symbols[at], &g.symbols[c.Other]
		if left.size == 0 || right.size == 0 || left.size+right.size != int(c.Size) {
			continue
		}
		left.size, right.size = int(c.Size), 0
		left.next = right.next
		if right.next >= 0 {
			g.symbols[right.next].prev = at
		}
		g.propose(left.prev, at)
		g.propose(at, left.next)
	}
}

// split makes a symbol of each character and of each user-defined piece.
func (g *merger) split() {
	g.symbols = g.symbols[:0]
	for at := 0; at < len(g.text); {
		size := longestPrefix(&g.model.userPieces, g.text[at:])
		frozen := size > 0
		if !frozen {
			size = charLen(g.text[at:])
		}
		i := len(g.symbols)
		g.symbols = append(g.symbols, symbol{start: at, size: size, prev: i - 1, next: i + 1, frozen: frozen})
		at += size
	}
	g.symbols[len(g.symbols)-1].next = -1
}

// propose puts the merge of two neighbours on the agenda where their text is a
// piece.
func (g *merger) propose(left, right int) {
	if left < 0 || right < 0 || g.symbols[left].frozen || g.symbols[right].frozen {
		return
	}
	start, size := g.symbols[left].start, g.symbols[left].size+g.symbols[right].size
	piece := g.text[start : start+size]
	id, ok := g.model.ids[string(piece)]
	if !ok {
		return
	}
	g.agenda.Push(bpe.Candidate{Order: orderOf(g.model.pieces[id].Score, left), Other: int32(right), Size: int32(size)})
	if g.model.pieces[id].Type == Unused {
		g.splits[id] = g.symbols[left].size
	}
}
