package bytebpe

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalize composes a text where the folder asks for it.
func (p pipeline) normalize(text string) string {
	if !p.nfc || norm.NFC.IsNormalString(text) {
		return text
	}
	return compose(text)
}

// compose is the normalization form C of a text as of Unicode 9, by which version
// 0.23.3 of the tokenizers library goes: characters that came later are left where they
// stand, and nothing is composed or put in order across them.
func compose(text string) string {
	out := make([]byte, 0, len(text)+len(text)/8)
	for from := 0; from < len(text); {
		end := from
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if unicode.Is(later, r) {
				break
			}
			end += size
		}
		out = append(out, norm.NFC.String(text[from:end])...) // AppendString would look back into out
		_, size := utf8.DecodeRuneInString(text[end:])
		out = append(out, text[end:end+size]...)
		from = end + size
	}
	return string(out)
}

// later are the characters of normalization that came after Unicode 9: marks that are
// put in order, and U+11930, which is composed with U+11935.
var later = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x7fd, 0x7fd, 1}, {0x898, 0x89f, 1}, {0x8ca, 0x8d3, 1}, {0x9fe, 0x9fe, 1}, {0xc3c, 0xc3c, 1}, {0xd3b, 0xd3c, 1},
		{0xeba, 0xeba, 1}, {0x1715, 0x1715, 1}, {0x1abf, 0x1ace, 1}, {0x1df6, 0x1dfa, 1}, {0xa82c, 0xa82c, 1},
	},
	R32: []unicode.Range32{
		{0x10d24, 0x10d27, 1}, {0x10eab, 0x10eac, 1}, {0x10efd, 0x10eff, 1}, {0x10f46, 0x10f50, 1}, {0x10f82, 0x10f85, 1},
		{0x11070, 0x11070, 1}, {0x1133b, 0x1133b, 1}, {0x1145e, 0x1145e, 1}, {0x11839, 0x1183a, 1}, {0x11930, 0x11930, 1},
		{0x1193d, 0x1193e, 1}, {0x11943, 0x11943, 1}, {0x119e0, 0x119e0, 1}, {0x11a34, 0x11a34, 1}, {0x11a47, 0x11a47, 1},
		{0x11a99, 0x11a99, 1}, {0x11d42, 0x11d42, 1}, {0x11d44, 0x11d45, 1}, {0x11d97, 0x11d97, 1}, {0x11f41, 0x11f42, 1},
		{0x16ff0, 0x16ff1, 1}, {0x1e08f, 0x1e08f, 1}, {0x1e130, 0x1e136, 1}, {0x1e2ae, 0x1e2ae, 1}, {0x1e2ec, 0x1e2ef, 1},
		{0x1e4ec, 0x1e4ef, 1},
	},
}
