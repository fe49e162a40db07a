package wordpiece

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalizer is BertNormalizer of the tokenizers library, whose steps follow in this
// order. Bytes that are not UTF-8 count as U+FFFD, also where it has no step.
type normalizer struct {
	clean     bool // control characters are removed, and each blank becomes a space
	chinese   bool // a space is put before and after each Chinese character
	accents   bool // characters are decomposed, and nonspacing marks removed
	lowercase bool
}

// append appends a normalised text to dst. runes is a buffer, which is returned.
func (n normalizer) append(dst, text []byte, runes []rune) ([]byte, []rune) {
	runes = runes[:0]
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		runes = n.appendRune(runes, r)
	}
	if n.accents {
		runes = unaccented(runes)
	}
	for _, r := range runes {
		if n.lowercase {
			dst = appendLower(dst, r)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst, runes
}

// appendRune appends a character as far as its neighbours do not matter.
func (n normalizer) appendRune(dst []rune, r rune) []rune {
	switch {
	case n.clean && unicode.Is(removed, r):
		return dst
	case n.clean && unicode.IsSpace(r):
		return append(dst, ' ')
	case n.chinese && isChinese(r):
		dst = append(dst, ' ')
		return append(n.decompose(dst, r), ' ')
	}
	return n.decompose(dst, r)
}

// isChinese has the ranges of the tokenizers library. BERT's own code begins the last
// but one at U+2B820.
func isChinese(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}

// young is a character that NFD of Unicode 9, the library's, does not decompose.
const young = 0x11938

// decompose appends the canonical decomposition of a character, where accents are
// removed.
func (n normalizer) decompose(dst []rune, r rune) []rune {
	if !n.accents || r < utf8.RuneSelf || r == young {
		return append(dst, r)
	}
	if r >= hangul && r < hangulEnd {
		return appendJamo(dst, r-hangul)
	}
	var encoded [utf8.UTFMax]byte
	parts := norm.NFD.Properties(utf8.AppendRune(encoded[:0], r)).Decomposition()
	if parts == nil {
		return append(dst, r)
	}
	for len(parts) > 0 {
		r, size := utf8.DecodeRune(parts)
		dst, parts = append(dst, r), parts[size:]
	}
	return dst
}

// Hangul syllables are decomposed by arithmetic: section 3.12 of the Unicode Standard.
const (
	hangul, hangulEnd         = 0xAC00, 0xD7A4
	leading, vowel, trailing  = 0x1100, 0x1161, 0x11A7
	vowelCount, trailingCount = 21, 28
)

func appendJamo(dst []rune, index rune) []rune {
	dst = append(dst, leading+index/(vowelCount*trailingCount), vowel+index/trailingCount%vowelCount)
	if last := index % trailingCount; last > 0 {
		dst = append(dst, trailing+last)
	}
	return dst
}

// unaccented puts decomposed characters in NFD's order and removes accents, in place.
// The order is that of classes within each stretch of characters that have one.
func unaccented(runes []rune) []rune {
	for from := 0; from < len(runes); {
		to := from
		for to < len(runes) && class(runes[to]) > 0 {
			to++
		}
		if to-from > 1 {
			slices.SortStableFunc(runes[from:to], func(a, b rune) int { return cmp.Compare(class(a), class(b)) })
		}
		from = to + 1
	}
	return slices.DeleteFunc(runes, func(r rune) bool { return unicode.Is(accents, r) })
}

// class is the canonical combining class in Unicode 9.
func class(r rune) uint8 {
	if r < 0x300 {
		return 0
	}
	if !unicode.Is(accents, r) {
		return ordered[r]
	}
	var encoded [utf8.UTFMax]byte
	return norm.NFD.Properties(utf8.AppendRune(encoded[:0], r)).CCC()
}

// appendLower appends the lower case of a character, whatever stands beside it: a
// final sigma is as any other.
func appendLower(dst []byte, r rune) []byte {
	if r == 'İ' { // the one whose lower case is two characters
		return append(dst, "i\u0307"...)
	}
	return utf8.AppendRune(dst, youngLower.ToLower(r))
}
