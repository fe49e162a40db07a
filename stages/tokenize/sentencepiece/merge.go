package sentencepiece

// symbol is a run of characters of the segment that is being merged. A size of
// 0 marks one that was merged into its left neighbour.
type symbol struct {
	start, size int
	prev, next  int // -1: none
	frozen      bool
}

// candidate is a merge of two neighbours. It is stale when their sizes no
// longer add up to size.
type candidate struct {
	score       float32
	left, right int
	size        int
}

// before orders the agenda: the higher score, then the leftmost.
func (a candidate) before(b candidate) bool {
	return a.score > b.score || a.score == b.score && a.left < b.left
}

// merger holds the buffers of byte-pair merging.
type merger struct {
	model   *Model
	text    []byte
	symbols []symbol
	agenda  []candidate
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
		c := g.pop()
		left, right := &g.symbols[c.left], &g.symbols[c.right]
		if left.size == 0 || right.size == 0 || left.size+right.size != c.size {
			continue
		}
		left.size, right.size = c.size, 0
		left.next = right.next
		if right.next >= 0 {
			g.symbols[right.next].prev = c.left
		}
		g.propose(left.prev, c.left)
		g.propose(c.left, left.next)
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
	g.push(candidate{g.model.pieces[id].Score, left, right, size})
	if g.model.pieces[id].Type == Unused {
		g.splits[id] = g.symbols[left].size
	}
}

// push and pop keep agenda a binary heap, first the candidate before all others.
func (g *merger) push(c candidate) {
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

func (g *merger) pop() candidate {
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
