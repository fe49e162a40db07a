package bytebpe

import (
	"unicode"
	"unicode/utf8"
)

// character is what the published expressions tell characters apart by.
type character uint8

const (
	other   character = iota
	letter            // \p{L}
	number            // \p{N}
	blank             // \s without newline
	newline           // [\r\n]
	wide              // a byte of a character that is not ASCII, which has to be looked at whole
)

// ascii are the kinds by the first byte of a character.
var ascii = func() (of [256]character) {
	for b := range of {
		if of[b] = wide; b < utf8.RuneSelf {
			of[b] = classify(rune(b))
		}
	}
	return of
}()

// classOf returns the kind of the first character of text and its length.
func classOf(text []byte) (character, int) {
	if c := ascii[text[0]]; c != wide {
		return c, 1
	}
	r, size := utf8.DecodeRune(text)
	return classify(r), size
}

func classify(r rune) character {
	switch {
	case r == '\r' || r == '\n':
		return newline
	case unicode.IsLetter(r) || unicode.Is(moreLetters, r):
		return letter
	case unicode.IsNumber(r) || unicode.Is(moreNumbers, r):
		return number
	case unicode.IsSpace(r):
		return blank
	}
	return other
}

// moreLetters and moreNumbers are those that version 0.23.3 of the tokenizers library
// knows, whose regular expressions are of a later Unicode than Go's tables (15.0).
// oracle/tokenizer_golden.py writes the whole classes, which a test compares.
var (
	moreLetters = &unicode.RangeTable{
		R16: []unicode.Range16{{0x1c89, 0x1c8a, 1}, {0xa7cb, 0xa7cd, 1}, {0xa7da, 0xa7dc, 1}},
		R32: []unicode.Range32{
			{0x105c0, 0x105f3, 1}, {0x10d4a, 0x10d65, 1}, {0x10d6f, 0x10d85, 1}, {0x10ec2, 0x10ec4, 1}, {0x11380, 0x11389, 1},
			{0x1138b, 0x1138b, 1}, {0x1138e, 0x1138e, 1}, {0x11390, 0x113b5, 1}, {0x113b7, 0x113b7, 1}, {0x113d1, 0x113d1, 1},
			{0x113d3, 0x113d3, 1}, {0x11bc0, 0x11be0, 1}, {0x13460, 0x143fa, 1}, {0x16100, 0x1611d, 1}, {0x16d40, 0x16d6c, 1},
			{0x18cff, 0x18cff, 1}, {0x1e5d0, 0x1e5ed, 1}, {0x1e5f0, 0x1e5f0, 1}, {0x2ebf0, 0x2ee5d, 1},
		},
	}
	moreNumbers = &unicode.RangeTable{R32: []unicode.Range32{
		{0x10d40, 0x10d49, 1}, {0x116d0, 0x116e3, 1}, {0x11bf0, 0x11bf9, 1}, {0x16130, 0x16139, 1}, {0x16d70, 0x16d79, 1},
		{0x1ccf0, 0x1ccf9, 1}, {0x1e5f1, 0x1e5fa, 1},
	}}
)

// run is the length of the characters of a kind with which text begins.
func run(text []byte, of character) (size int) {
	for size < len(text) {
		c, length := ascii[text[size]], 1
		if c == wide {
			c, length = classOf(text[size:])
		}
		if c != of {
			break
		}
		size += length
	}
	return size
}
