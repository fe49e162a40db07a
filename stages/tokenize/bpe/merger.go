package bpe

// Merger merges the pieces of words. It keeps buffers, so it belongs to one goroutine.
type Merger struct {
	pairs   *pairs
	short   short
	symbols []symbol
	agenda  Agenda
}

// symbol is a piece of the word that is being merged. A size of 0 marks one that was
// merged into its left neighbour.
type symbol struct {
	id, size   int32 // size: of how many first pieces
	prev, next int32 // -1: none
}

// NewMerger returns a Merger of the model's merges.
func (m *Model) NewMerger() *Merger { return &Merger{pairs: m.pairs} }

// Merge appends to dst what merges make of a word's first pieces.
func (g *Merger) Merge(dst []int32, word []int32) []int32 {
	if len(word) < 2 {
		return append(dst, word...)
	}
	if len(word) <= shortSymbols {
		return g.mergeShort(dst, word)
	}
	g.symbols, g.agenda = g.symbols[:0], g.agenda[:0]
	for i, id := range word {
		g.symbols = append(g.symbols, symbol{id, 1, int32(i) - 1, int32(i) + 1})
	}
	g.symbols[len(word)-1].next = -1
	for i := range int32(len(word) - 1) {
		g.propose(i, i+1)
	}
	for len(g.agenda) > 0 {
		g.merge(g.agenda.Pop())
	}
	for i := int32(0); i >= 0; i = g.symbols[i].next {
		dst = append(dst, g.symbols[i].id)
	}
	return dst
}

// merge makes a candidate one piece, unless it is stale.
func (g *Merger) merge(c Candidate) {
	at := c.Left()
	left := &g.symbols[at]
	if left.size == 0 || left.next < 0 || left.size+g.symbols[left.next].size != c.Size {
		return
	}
	right := &g.symbols[left.next]
	left.id, left.size, right.size = c.Other, c.Size, 0
	left.next = right.next
	if right.next >= 0 {
		g.symbols[right.next].prev = at
	}
	g.propose(left.prev, at)
	g.propose(at, left.next)
}

// propose puts the merge of two neighbours on the agenda where there is one.
func (g *Merger) propose(left, right int32) {
	if left < 0 || right < 0 {
		return
	}
	l, r := &g.symbols[left], &g.symbols[right]
	if p := g.pairs.slot(keyOf(l.id, r.id)); p.key != noPair {
		g.agenda.Push(Candidate{uint64(p.rank)<<32 | uint64(left), p.whole, l.size + r.size})
	}
}
