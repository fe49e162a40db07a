package wordpiece

import (
	"unicode"
	"unicode/utf8"
)

// kind says how a byte of a text is taken.
type kind uint8

const (
	plain kind = iota // stands for itself, or its lower case
	other             // part of a segment that the normalizer has to see
	blank             // ends a word
	mark              // is a word
)

// byteTable does what a normalizer and BERT's pre-tokenizer do, for ASCII.
type byteTable struct {
	normalizer normalizer
	kinds      [256]kind
	folded     [256]byte
	marks      [utf8.RuneSelf]int32 // the ids of those that are words
}

func newByteTable(n normalizer, v *vocabulary) *byteTable {
	t := &byteTable{normalizer: n}
	for i := range t.kinds {
		b, r := byte(i), rune(i)
		t.folded[i] = b
		switch {
		case r >= utf8.RuneSelf || n.clean && unicode.Is(removed, r):
			t.kinds[i] = other
		case unicode.IsSpace(r):
			t.kinds[i] = blank
		case unicode.Is(punctuation, r):
			t.kinds[i], t.marks[i] = mark, v.appendWord(nil, []byte{b})[0]
		case n.lowercase:
			t.folded[i] = byte(unicode.ToLower(r))
		}
	}
	return t
}
