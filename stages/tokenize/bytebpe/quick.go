package bytebpe

import (
	"encoding/binary"
	"math/bits"
)

// A word of a note is mostly one of ASCII letters, with a blank before them. Such are
// found without a branch for each letter, of which the processor would guess too many
// wrong.

// quickBytes is how much of a text is looked at for one.
const quickBytes = 16

// quickWord is the length of the ASCII letters with which text begins, and of one
// character before them that is among leads; 0 where text begins with no such word,
// where another character than one of ASCII follows it, and where it is too long or too
// near to the text's end to be looked at here.
func quickWord(text []byte, leads *[256]bool) int {
	if len(text) <= quickBytes || !leads[text[0]] {
		return 0
	}
	head := letterBits(binary.LittleEndian.Uint64(text))
	size := bits.TrailingZeros64(^head&upperBits&^0x80) / 8 // the first character counts
	size += size / 8 * bits.TrailingZeros64(^letterBits(binary.LittleEndian.Uint64(text[8:]))&upperBits) / 8
	if size == quickBytes || ascii[text[size]] == wide || size == 1 && head&0x80 == 0 {
		return 0
	}
	return size
}

// upperBits are the upper bits of eight bytes.
const upperBits = 0x8080808080808080

// letterBits has the upper bit of each byte set that is an ASCII letter.
func letterBits(eight uint64) uint64 {
	const each = 0x0101010101010101
	lowered := (eight | 0x20*each) &^ upperBits
	return (lowered + (0x80-'a')*each) &^ (lowered + (0x7f-'z')*each) &^ eight & upperBits
}
