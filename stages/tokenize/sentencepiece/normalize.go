package sentencepiece

import (
	"bytes"
	"unicode/utf8"
)

// normalize appends the normalised form of text to dst, as the reference's
// Normalizer does: user-defined pieces stand as they are, the model's rule is
// applied, a byte that is not UTF-8 becomes U+FFFD, spaces become U+2581, and
// with prefix a space is put before (or, for models that were trained so, after)
// the text. An empty text stays empty.
func (m *Model) normalize(dst, text []byte, prefix bool) []byte {
	n := m.normalizer
	if n.removeExtraWhitespaces {
		text = m.trimLeadingSpaces(text)
	}
	if len(text) == 0 {
		return dst
	}
	begin := len(dst)
	if prefix && !m.trainer.whitespaceAsSuffix {
		dst = m.appendSpace(dst)
	}
	dst = m.normalizeBody(dst, text)
	if n.removeExtraWhitespaces {
		dst = trimTrailing(dst, begin, m.spaceSymbol())
	}
	if prefix && m.trainer.whitespaceAsSuffix {
		dst = m.appendSpace(dst)
	}
	return dst
}

func (m *Model) normalizeBody(dst, text []byte) []byte {
	simple := m.charsmap == nil && !m.userPieces.any && !m.normalizer.removeExtraWhitespaces
	afterSpace := m.normalizer.removeExtraWhitespaces
	for len(text) > 0 {
		if simple && text[0] < utf8.RuneSelf && text[0] != ' ' {
			dst, text = append(dst, text[0]), text[1:]
			continue
		}
		chunk, size := m.normalizePrefix(text)
		text = text[size:]
		for afterSpace && len(chunk) > 0 && chunk[0] == ' ' {
			chunk = chunk[1:]
		}
		if len(chunk) > 0 {
			afterSpace = m.normalizer.removeExtraWhitespaces && chunk[len(chunk)-1] == ' '
			dst = m.appendEscaped(dst, chunk)
		}
	}
	return dst
}

var replacementCharacter = []byte("\uFFFD")

// normalizePrefix returns the normalised form of the first character, or of the
// longest rule or user-defined piece, and how many bytes of text it stands for.
func (m *Model) normalizePrefix(text []byte) (chunk []byte, size int) {
	if size := m.userPieces.match(text); size > 0 {
		return text[:size], size
	}
	if m.charsmap != nil {
		if size, replacement := m.charsmap.match(text); size > 0 {
			return replacement, size
		}
	}
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError && size == 1 {
		return replacementCharacter, 1
	}
	return text[:size], size
}

func (m *Model) trimLeadingSpaces(text []byte) []byte {
	for len(text) > 0 {
		chunk, size := m.normalizePrefix(text)
		if string(chunk) != " " {
			break
		}
		text = text[size:]
	}
	return text
}

func trimTrailing(dst []byte, begin int, suffix string) []byte {
	for len(dst)-begin >= len(suffix) && string(dst[len(dst)-len(suffix):]) == suffix {
		dst = dst[:len(dst)-len(suffix)]
	}
	return dst
}

func (m *Model) spaceSymbol() string {
	if m.normalizer.escapeWhitespaces {
		return space
	}
	return " "
}

func (m *Model) appendSpace(dst []byte) []byte { return append(dst, m.spaceSymbol()...) }

func (m *Model) appendEscaped(dst, chunk []byte) []byte {
	if !m.normalizer.escapeWhitespaces {
		return append(dst, chunk...)
	}
	for {
		i := bytes.IndexByte(chunk, ' ')
		if i < 0 {
			return append(dst, chunk...)
		}
		dst = append(append(dst, chunk[:i]...), space...)
		chunk = chunk[i+1:]
	}
}
