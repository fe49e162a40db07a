package bytebpe

import (
	"bytes"
	"math/bits"
)

// marks tell the characters of rowBytes bytes by their kinds: bit i of letters is set
// where byte i is one. Where words begin is then found for all of them at once, without
// a branch for each character, of which the processor would guess too many wrong, and
// without one word waiting for the end of the last.
type marks struct {
	letters, numbers, newlines uint64
	blanks, spaces             uint64 // the spaces U+0020 are blanks too
	others, apostrophes        uint64 // apostrophes are others too
	size                       int    // before the first byte that is not ASCII
}

// beyond stands behind a text. It is no byte of UTF-8: a text ends there as at a
// character that is not ASCII.
var beyond = [rowBytes]byte(bytes.Repeat([]byte{0xff}, rowBytes))

// take marks the first bytes of text, behind which beyond stands in its array.
func (m *marks) take(text []byte) {
	var r rows
	r.take((*[rowBytes]byte)(text[:rowBytes]))
	m.letters, m.numbers, m.newlines = r[upperRow]|r[lowerRow], r[numberRow], r[newlineRow]
	m.blanks, m.spaces = r[controlRow]|r[spaceRow], r[spaceRow]
	m.others = ^(m.letters | m.numbers | m.newlines | m.blanks | r[wideRow])
	m.apostrophes, m.size = r[apostropheRow], bits.TrailingZeros64(r[wideRow])
}

// visible are the characters that are neither blanks nor newlines.
func (m *marks) visible() uint64 { return m.letters | m.numbers | m.others }

// certain are the places of which it is known whether a word begins there, where text
// goes on behind what is marked: of blanks that reach so far the first place alone.
func (m *marks) certain() uint64 {
	return 1<<(bits.Len64(m.visible()&(1<<m.size-1))+1) - 1
}
