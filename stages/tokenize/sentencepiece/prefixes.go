package sentencepiece

import (
	"slices"
	"strings"
)

// prefixes finds the longest user-defined piece at the beginning of a text.
type prefixes struct {
	byFirst [256][]string // longest first
	any     bool
}

func (p *prefixes) add(id int32, piece string) error {
	if strings.Contains(piece, "\x00") {
		return pieceError(id, "a user-defined piece must not hold NUL")
	}
	list := append(p.byFirst[piece[0]], piece)
	slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
	p.byFirst[piece[0]], p.any = list, true
	return nil
}

// match returns the length of the longest piece that text begins with, 0 where
// there is none.
func (p *prefixes) match(text []byte) int {
	for _, piece := range p.byFirst[text[0]] {
		if len(piece) <= len(text) && string(text[:len(piece)]) == piece {
			return len(piece)
		}
	}
	return 0
}
