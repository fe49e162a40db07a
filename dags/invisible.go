package dags

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// invisible says whether a character cannot be told from a blank or from nothing on a
// screen, and is neither: a file copied from a web page or a chat has such, and YAML
// takes them for letters of a key or a value.
func invisible(r rune) bool {
	switch r {
	case '\n', '\t', ' ':
		return false
	}
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Z, r)
}

// findInvisible tells the first invisible character outside of comments. In quotes it
// can be written as an escape.
func findInvisible(text []byte, found *findings) bool {
	offset := 0
	for line := range bytes.Lines(text) {
		if i := bytes.IndexFunc(withoutComment(line), invisible); i >= 0 {
			r, _ := utf8.DecodeRune(line[i:])
			found.add(placeAt(text, offset+i), "", fmt.Sprintf("an invisible character, %U", r), fmt.Sprintf(`remove it, or write "\u%04X" in quotes where it is meant`, r))
			return true
		}
		offset += len(line)
	}
	return false
}

// withoutComment is a line up to what may be a comment: a # behind a blank.
func withoutComment(line []byte) []byte {
	for i, c := range line {
		if c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}
