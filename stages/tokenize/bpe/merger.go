package bpe

// Merger merges the pieces of words. It keeps buffers, so it belongs to one goroutine.
type Merger struct {
	pairs   *pairs
	symbols []symbol
	agenda  []candidate
}

// symbol is a piece of the word that is being merged. A size of 0 marks one that was
// merged into its left neighbour.
type symbol struct {
	id, size   int32 // size: of how many first pieces
	prev, next int32 // -1: none
}

// candidate is a merge of two neighbours. It is stale when their sizes no longer add up
// to size.
type candidate struct {
	rank  uint32
	left  int32
	whole int32
	size  int32
}

// before orders the agenda: the earlier merge, then the leftmost.
func (a candidate) before(b candidate) bool {
	return a.rank < b.rank || a.rank == b.rank && a.left < b.left
}

// NewMerger returns a Merger of the model's merges.
func (m *Model) NewMerger() *Merger { return &Merger{pairs: m.pairs} }

// Merge appends to dst what merges make of a word's first pieces.
func (g *Merger) Merge(dst []int32, word []int32) []int32 {
	if len(word) < 2 {
		return append(dst, word...)
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
		g.merge(g.pop())
	}
	for i := int32(0); i >= 0; i = g.symbols[i].next {
		dst = append(dst, g.symbols[i].id)
	}
	return dst
}

// merge makes a candidate one piece, unless it is stale.
func (g *Merger) merge(c candidate) {
	left := &g.symbols[c.left]
	if left.size == 0 || left.next < 0 || left.size+g.symbols[left.next].size != c.size {
		return
	}
	right := &g.symbols[left.next]
	left.id, left.size, right.size = c.whole, c.size, 0
	left.next = right.next
	if right.next >= 0 {
		g.symbols[right.next].prev = c.left
	}
	g.propose(left.prev, c.left)
	g.propose(c.left, left.next)
}

// propose puts the merge of two neighbours on the agenda where there is one.
func (g *Merger) propose(left, right int32) {
	if left < 0 || right < 0 {
		return
	}
	l, r := &g.symbols[left], &g.symbols[right]
	if p := g.pairs.slot(keyOf(l.id, r.id)); p.key != noPair {
		g.push(candidate{p.rank, left, p.whole, l.size + r.size})
	}
}

// push and pop keep agenda a binary heap, first the candidate before all others.
func (g *Merger) push(c candidate) {
	i := len(g.agenda)
	g.agenda = append(g.agenda, c)
	for i > 0 {
		parent := (i - 1) / 2
		if !c.before(g.agenda[parent]) {
			break
		}
		g.agenda[i] = g.agenda[parent]
		i = parent
	}
	g.agenda[i] = c
}

func (g *Merger) pop() candidate {
	top, last := g.agenda[0], len(g.agenda)-1
	c := g.agenda[last]
	g.agenda = g.agenda[:last]
	i := 0
	for child := 1; child < last; child = 2*i + 1 {
		if child+1 < last && g.agenda[child+1].before(g.agenda[child]) {
			child++
		}
		if !g.agenda[child].before(c) {
			break
		}
		g.agenda[i] = g.agenda[child]
		i = child
	}
	if last > 0 {
		g.agenda[i] = c
	}
	return top
}
