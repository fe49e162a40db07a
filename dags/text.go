package dags

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/textio"
)

// plainText is a file's text without a byte order mark and with the line ends of
// Unix. Text that is not UTF-8 goes to found, and then there is none.
func plainText(text []byte, found *findings) ([]byte, bool) {
	text = textio.WithoutMark(text)
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	if valid := bytes.ToValidUTF8(text, nil); len(valid) < len(text) {
		found.add(placeAt(text, commonPrefix(text, valid)), "", "not UTF-8", "save the file as UTF-8")
		return nil, false
	}
	if i := bytes.IndexRune(text, '\uFEFF'); i >= 0 {
		found.add(placeAt(text, i), "", "a byte order mark in the middle of the file", "remove it")
		return nil, false
	}
	return text, !findInvisible(text, found)
}

func commonPrefix(a, b []byte) int {
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	return i
}

// placeAt is the place of a byte.
func placeAt(text []byte, offset int) position {
	before := text[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return position{line: bytes.Count(before, []byte("\n")) + 1, col: utf8.RuneCount(before[start:]) + 1}
}

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
