package rawcsv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Eight bytes are looked at together, as one word: "Hacker's Delight", chapter 6, has
// the way to find a zero byte in a word. A byte of another value is found as the zero
// byte of the word's exclusive or with that value.
const (
	lows   = 0x0101010101010101
	highs  = 0x8080808080808080
	commas = ',' * lows
	feeds  = '\n' * lows
	quotes = '"' * lows
)

// zeros has the high bit set of the first zero byte of a word, perhaps of some behind
// it, and of none before it.
func zeros(word uint64) uint64 { return (word - lows) &^ word & highs }

// separators has the high bit set of the first comma, line feed or quote of a word.
func separators(word uint64) uint64 {
	return zeros(word^commas) | zeros(word^feeds) | zeros(word^quotes)
}

// fieldEnd is where a field without quotes ends: the place of the first comma, line
// feed or quote, or the text's length.
func fieldEnd(text []byte, from int) int {
	for ; from+8 <= len(text); from += 8 {
		if found := separators(binary.LittleEndian.Uint64(text[from:])); found != 0 {
			return from + bits.TrailingZeros64(found)>>3
		}
	}
	for ; from < len(text); from++ {
		if b := text[from]; b == ',' || b == '\n' || b == '"' {
			break
		}
	}
	return from
}

// plain says whether a text has neither a zero byte nor one beyond ASCII, so that none
// of its records is bad for its bytes. One from 1 to 127 stays below 128 when 1 is
// taken off.
func plain(text []byte) bool {
	var found uint64
	for ; len(text) >= 32; text = text[32:] {
		a, b := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
		c, d := binary.LittleEndian.Uint64(text[16:]), binary.LittleEndian.Uint64(text[24:])
		found |= a | (a - lows) | b | (b - lows) | c | (c - lows) | d | (d - lows)
	}
	for _, b := range text {
		found |= uint64(b | (b - 1))
	}
	return found&highs == 0
}

// recordsEnd is where the last whole record of a text ends, 0 where none does; inside
// says whether the text's end is inside quotes. It goes back from quote to quote, and
// looks at each byte a few times at most, however many quotes there are.
func recordsEnd(text []byte, inside bool) int {
	feed, behind := len(text), 0 // the last line feed, and the first quote behind it
	for {
		if feed >= len(text) {
			feed = bytes.LastIndexByte(text, '\n')
			behind = len(text)
			if quote := bytes.IndexByte(text[feed+1:], '"'); quote >= 0 {
				behind = feed + 1 + quote
			}
		}
		if feed < 0 || !inside && behind >= len(text) {
			return feed + 1
		}
		quote := bytes.LastIndexByte(text, '"')
		if quote < 0 {
			return 0
		}
		text, inside = text[:quote], !inside
	}
}
