package sentencepiece

// fewBytes is how long a segment may be for its best merge to be looked for among all: an
// agenda costs more.
const fewBytes = 32

// part is a symbol of a segment of few bytes. It ends where the next begins; the last
// part is empty and stands behind the segment.
type part struct {
	start int32
	rank  uint32 // of the merge with the next part, 0 where there is none
}

// parts are those of a segment.
type parts []part

// mergeFew merges a segment of at most fewBytes, in which there is no user-defined piece.
func (g *merger) mergeFew(end int) {
	list := g.parts[:0]
	for at := 0; at < end; at += charLen(g.text[at:end]) {
		list = append(list, part{start: int32(at)})
	}
	list = append(list, part{start: int32(end)})
	for i := range list[:len(list)-2] {
		list[i].rank = g.rank(list, i)
	}
	for {
		i, found := list.best()
		if !found {
			break
		}
		copy(list[i+1:], list[i+2:])
		list = list[:len(list)-1]
		list[i].rank = g.rank(list, i)
		if i > 0 {
			list[i-1].rank = g.rank(list, i-1)
		}
	}
	g.parts = list
}

// best finds the part that is to be merged with its next one, the leftmost of equals.
func (p parts) best() (i int, found bool) {
	best := uint64(0)
	for i := range p {
		best = max(best, uint64(p[i].rank)<<32|uint64(^uint32(i)))
	}
	return int(^uint32(best)), best>>32 > 0
}

// rank is that of the merge of a part and the next one.
func (g *merger) rank(list parts, i int) uint32 {
	if i+2 >= len(list) {
		return 0
	}
	start := list[i].start
	return g.find(start, list[i+2].start-start, list[i+1].start-start).rank
}
