package sentencepiece

import "unicode/utf8"

// cutTable knows between which characters no piece reaches across, so that text
// may be cut there and each segment encoded alone.
//
// Why that is exact: a merge joins two neighbours only where their joined text
// is a piece. If no piece holds the characters a and b side by side, no merge
// ever joins across a place between an a and a b. What is merged on one side
// then depends on that side alone: the agenda's order (score, then leftmost)
// restricted to one side is that side's own order. The same holds for
// user-defined pieces, which are pieces too.
//
// Characters are taken by class: each ASCII character its own, U+2581, and all
// others together, which can only make fewer cuts.
type cutTable [classes][classes]bool // [left][right]: some piece holds left, right

const (
	classSpace = utf8.RuneSelf     // U+2581
	classOther = utf8.RuneSelf + 1 // any other character above ASCII
	classes    = utf8.RuneSelf + 2
)

func newCutTable(pieces []Piece) *cutTable {
	joined := new(cutTable)
	for _, p := range pieces {
		if p.Type != Normal && p.Type != UserDefined && p.Type != Unused {
			continue
		}
		text := []byte(p.Text)
		left, at := classOf(text)
		for at < len(text) {
			right, size := classOf(text[at:])
			joined[left][right] = true
			left, at = right, at+size
		}
	}
	return joined
}

// classOf returns the class of the first character of text and its length.
func classOf(text []byte) (class, size int) {
	if text[0] < utf8.RuneSelf {
		return int(text[0]), 1
	}
	if len(text) >= 3 && text[0] == space[0] && text[1] == space[1] && text[2] == space[2] {
		return classSpace, 3
	}
	return classOther, charLen(text)
}

// charLen is the length in bytes of the first character, taken from its first
// byte as the reference does; a rule's replacement need not be whole UTF-8.
func charLen(text []byte) int {
	size := 1
	switch b := text[0]; {
	case b >= 0xf0:
		size = 4
	case b >= 0xe0:
		size = 3
	case b >= 0xc0:
		size = 2
	}
	return min(size, len(text))
}

// segment returns the length of the shortest beginning of text that ends where
// it may be cut. Where text is not whole, more may follow: 0 says that the end
// of the segment is not there yet.
func (joined *cutTable) segment(text []byte, whole bool) int {
	end := len(text)
	if !whole {
		end -= utf8.UTFMax - 1 // a character that begins behind may not be complete
	}
	if end <= 0 {
		return 0
	}
	left, at := classOf(text)
	for at < end {
		right, size := classOf(text[at:])
		if !joined[left][right] {
			return at
		}
		left, at = right, at+size
	}
	if whole {
		return at
	}
	return 0
}
