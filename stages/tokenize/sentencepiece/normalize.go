package sentencepiece

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// normalizer makes the normalised form of a text as the reference's Normalizer
// does, from the text's beginning on and only as far as it is asked for:
// user-defined pieces stay as they are, the model's rule is applied, a byte that
// is not UTF-8 becomes U+FFFD, spaces become U+2581, and a space is put before
// the text (or after it, for models that were trained so). An empty text stays
// empty.
type normalizer struct {
	model      *Model
	rest       string // of the text: what is not normalised yet
	text       []byte // what is normalised; spaces that will be removed may stand at its end
	whole      bool   // text is all there is
	suffix     bool   // a space is still to be put after the text
	afterSpace bool   // a space came last and those that follow it are removed
}

// normalize appends the normalised form of a whole text to dst, which is empty.
func (m *Model) normalize(dst []byte, text string, prefix bool) []byte {
	n := normalizer{model: m, text: dst}
	n.begin(text, prefix)
	n.more(len(text))
	return n.text
}

// begin takes a new text, of which nothing is normalised yet. prefix: it gets the
// space that stands before or after a text.
func (n *normalizer) begin(text string, prefix bool) {
	m := n.model
	n.afterSpace = m.normalizer.removeExtraWhitespaces
	if n.afterSpace {
		text = m.trimLeadingSpaces(text)
	}
	n.rest, n.text, n.whole = text, n.text[:0], text == ""
	n.suffix = prefix && m.trainer.whitespaceAsSuffix
	if prefix && !n.suffix && !n.whole {
		n.text = append(n.text, m.spaceSymbol()...)
	}
}

// more normalises the next size bytes of the text, or a few more where they end
// inside a character, a rule or a user-defined piece.
func (n *normalizer) more(size int) {
	if n.whole {
		return
	}
	simple := n.model.charsmap == nil && !n.model.userPieces.any && !n.model.normalizer.removeExtraWhitespaces
	for stop := max(0, len(n.rest)-size); len(n.rest) > stop; {
		if plain := plainLength(n.rest[:len(n.rest)-stop]); simple && plain > 0 {
			n.text, n.rest = append(n.text, n.rest[:plain]...), n.rest[plain:]
		} else {
			n.next()
		}
	}
	if n.rest == "" {
		n.end()
	}
}

// plainLength is how many bytes at the beginning of text are ASCII and no space.
func plainLength(text string) int {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || text[i] == ' ' {
			return i
		}
	}
	return len(text)
}

// next normalises one character, or the longest rule or user-defined piece.
func (n *normalizer) next() {
	chunk, size := n.model.normalizePrefix(n.rest)
	n.rest = n.rest[size:]
	if n.afterSpace {
		chunk = strings.TrimLeft(chunk, " ")
	}
	if chunk != "" {
		n.afterSpace = n.model.normalizer.removeExtraWhitespaces && strings.HasSuffix(chunk, " ")
		n.text = n.model.appendEscaped(n.text, chunk)
	}
}

// end does what is left to do when all of the text is normalised.
func (n *normalizer) end() {
	symbol := n.model.spaceSymbol()
	if n.model.normalizer.removeExtraWhitespaces {
		n.text = trimTrailing(n.text, symbol)
	}
	if n.suffix {
		n.text = append(n.text, symbol...)
	}
	n.whole = true
}

// known is the beginning of the normalised text that stays as it is whatever
// follows: without the spaces at its end where they may still be removed.
func (n *normalizer) known() []byte {
	if n.whole || !n.model.normalizer.removeExtraWhitespaces {
		return n.text
	}
	// What follows a rule's replacement may make a space of its last bytes.
	text, symbol := n.text, n.model.spaceSymbol()
	for size := len(symbol) - 1; size > 0; size-- {
		if begun, found := bytes.CutSuffix(text, []byte(symbol[:size])); found {
			text = begun
			break
		}
	}
	return trimTrailing(text, symbol)
}

// normalizePrefix returns the normalised form of the first character, or of the
// longest rule or user-defined piece, and how many bytes of text it stands for.
func (m *Model) normalizePrefix(text string) (chunk string, size int) {
	if size := longestPrefix(&m.userPieces, text); size > 0 {
		return text[:size], size
	}
	if m.charsmap != nil {
		if size, replacement := m.charsmap.match(text); size > 0 {
			return replacement, size
		}
	}
	r, size := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && size == 1 {
		return "\uFFFD", 1
	}
	return text[:size], size
}

func (m *Model) trimLeadingSpaces(text string) string {
	for text != "" {
		chunk, size := m.normalizePrefix(text)
		if chunk != " " {
			break
		}
		text = text[size:]
	}
	return text
}

func trimTrailing(text []byte, symbol string) []byte {
	for bytes.HasSuffix(text, []byte(symbol)) {
		text = text[:len(text)-len(symbol)]
	}
	return text
}

// spaceSymbol is what stands for a space in the normalised text.
func (m *Model) spaceSymbol() string {
	if m.normalizer.escapeWhitespaces {
		return space
	}
	return " "
}

func (m *Model) appendEscaped(dst []byte, chunk string) []byte {
	if !m.normalizer.escapeWhitespaces {
		return append(dst, chunk...)
	}
	for {
		i := strings.IndexByte(chunk, ' ')
		if i < 0 {
			return append(dst, chunk...)
		}
		dst = append(append(dst, chunk[:i]...), space...)
		chunk = chunk[i+1:]
	}
}
