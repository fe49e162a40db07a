package sentencepiece

import (
	"encoding/binary"
	"unicode/utf8"
)

// cutTable knows between which bytes no piece reaches across, so that text may be cut
// there and each segment encoded alone.
//
// Why that is exact: a merge joins two neighbours only where their joined text
// is a piece. If no piece holds the characters a and b side by side, no merge
// ever joins across a place between an a and a b. What is merged on one side
// then depends on that side alone: the agenda's order (score, then leftmost)
// restricted to one side is that side's own order. The same holds for
// user-defined pieces, which are pieces too.
//
// Of a character to the left the last byte is looked at, of one to the right the first,
// which can only make fewer cuts. Before a byte inside a character there is none. U+2581
// is also looked at as the space that it stands for, and U+FFFD as any byte above ASCII,
// each of which becomes one where it is not UTF-8: the table is the same for a text and
// for its normalised form.
//
// By the left byte and 256 times the right one: 1 where text may be cut.
type cutTable [1 << 16]uint8

const anyByte = "\uFFFD" // what a byte that is not UTF-8 becomes

func newCutTable(pieces []Piece) *cutTable {
	cuts := new(cutTable)
	for i := range cuts {
		if inside := i>>8&0xc0 == 0x80; !inside {
			cuts[i] = 1
		}
	}
	for _, p := range pieces {
		if !p.Type.inText() {
			continue
		}
		for left, rest := "", p.Text; rest != ""; {
			_, size := utf8.DecodeRuneInString(rest)
			if left != "" {
				cuts.join(left, rest[:size])
			}
			left, rest = rest[:size], rest[size:]
		}
	}
	return cuts
}

// join forbids cuts between two characters.
func (cuts *cutTable) join(left, right string) {
	for _, r := range sidesOf(right, func(s string) byte { return s[0] }) {
		for _, l := range sidesOf(left, func(s string) byte { return s[len(s)-1] }) {
			cuts[int(r)<<8|int(l)] = 0
		}
	}
}

// sidesOf are the bytes that a character may have at one of its sides.
func sidesOf(character string, side func(string) byte) []byte {
	switch character {
	case space:
		return []byte{side(space), ' '}
	case anyByte:
		return aboveASCII
	}
	return []byte{side(character)}
}

var aboveASCII = func() (bytes []byte) {
	for b := utf8.RuneSelf; b < 256; b++ {
		bytes = append(bytes, byte(b))
	}
	return bytes
}()

// blockCuts are the cuts that mask finds at a time.
const blockCuts = 64

// mask has a bit set for each of the first blockCuts bytes of text, which is longer, if
// text may be cut behind it. There is no branch for each byte: the processor would guess
// too many wrong.
func (cuts *cutTable) mask(text []byte) (mask uint64) {
	text = text[:blockCuts+1]
	for i := 0; i < blockCuts; i += 8 {
		b := text[i : i+9]
		mask |= uint64(cuts.behind(b)|cuts.behind(b[1:])<<1|cuts.behind(b[2:])<<2|cuts.behind(b[3:])<<3|
			cuts.behind(b[4:])<<4|cuts.behind(b[5:])<<5|cuts.behind(b[6:])<<6|cuts.behind(b[7:])<<7) << i
	}
	return mask
}

// behind is 1 where text may be cut behind its first byte.
func (cuts *cutTable) behind(text []byte) uint8 { return cuts[binary.LittleEndian.Uint16(text)] }

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
func (cuts *cutTable) segment(text []byte, whole bool) int {
	end := len(text)
	if !whole {
		end -= utf8.UTFMax - 1 // a character that begins behind may not be complete
	}
	if end <= 0 {
		return 0
	}
	at := charLen(text)
	for at < end {
		if cuts.behind(text[at-1:]) != 0 {
			return at
		}
		at += charLen(text[at:])
	}
	if whole {
		return at
	}
	return 0
}
