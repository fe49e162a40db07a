package bytebpe

import (
	"strings"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/exit"
)

// Decode implements tokenizer.Tokenizer. Bytes that are no UTF-8 become U+FFFD, one for
// each stretch that begins a character, as in Rust and Python.
func (t *Tokenizer) Decode(ids []int32) (string, error) {
	var text []byte
	for i, id := range ids {
		if id < 0 || int(id) >= t.size {
			return "", exit.Errorf(exit.BadData, "decode: id at index %d is not in the vocabulary of %d tokens; is it of another tokenizer?", i, t.size)
		}
		switch token, isAdded := t.tokens[id]; {
		case isAdded && token.Special:
		case isAdded:
			text = appendBytes(text, token.Content)
		default:
			text = appendBytes(text, t.model.Pieces[id])
		}
	}
	return lossy(text), nil
}

// lossy is text with U+FFFD for what is no UTF-8
// (The Unicode Standard, 3.9, substitution of maximal subparts).
func lossy(text []byte) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			size = subpart(text)
		}
		out.WriteRune(r)
		text = text[size:]
	}
	return out.String()
}

// subpart is the length of the longest beginning of text that begins a character, 1
// where there is none: more bytes would make one of it.
func subpart(text []byte) int {
	for size := min(len(text), utf8.UTFMax-1); size > 1; size-- {
		if !utf8.FullRune(text[:size]) {
			return size
		}
	}
	return 1
}
