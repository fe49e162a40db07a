package sections

import (
	"strings"
	"unicode"
)

// Pattern reads sections by CORe's pattern (filter_admission_text in mimic_utils.py of
// bvanaken/clinical-outcome-prediction): a section is what lies between its header, where
// that is first found, and the next header; one that no header follows is lost.
type Pattern struct {
	// HeaderAnywhere takes a header within a sentence for one. Where it is false, a
	// header begins its line, with three words in front at most, as in History of
	// Present Illness.
	HeaderAnywhere bool
	// StrictDoubleNewline wants two newlines in front of the next header. Where it is
	// false, a line of white space is an empty one.
	StrictDoubleNewline bool
}

// searched are the headers as CORe looks for them, in any case.
var searched = [count]string{
	"chief complaint:", "present illness:", "medical history:", "medications on admission:",
	"allergies:", "physical exam:", "family history:", "social history:",
}

// newline is what CORe writes for a newline before it looks for headers, as its pattern
// is meant for one line. A backslash and an n in a summary pass for one.
const newline = `\n`

// Parse reads the admission sections of a summary.
func (p Pattern) Parse(summary string) (n Note) {
	if !p.StrictDoubleNewline {
		summary = emptied(summary)
	}
	text := strings.ReplaceAll(summary, "\n", newline)
	lower := lowered(text)
	for s, header := range searched {
		at := p.find(lower, header)
		if at < 0 {
			continue
		}
		from := at + len(header)
		body := text[from : from+nextHeader(lower[from:])]
		n[s] = Strip(strings.ReplaceAll(body, newline, " "))
	}
	return n
}

// find is where a header first stands, -1 where it does not.
func (p Pattern) find(lower, header string) int {
	for from := 0; from < len(lower); {
		at := strings.Index(lower[from:], header)
		if at < 0 {
			return -1
		}
		if from += at; p.HeaderAnywhere || beginsLine(lower[:from]) {
			return from
		}
		from += len(header)
	}
	return -1
}

// mostWordsBefore is how many words stand in front of a header in its line, as in
// History of Present Illness.
const mostWordsBefore = 3

// beginsLine says whether what stands in front of a header in its line is at most a few
// words.
func beginsLine(before string) bool {
	if end := strings.LastIndex(before, newline); end >= 0 {
		before = before[end+len(newline):]
	}
	return len(strings.Fields(before)) <= mostWordsBefore && !strings.ContainsAny(before, ".:;,()")
}

// nextHeader is where the first two newlines stand that a header follows, behind at least
// one byte, and 0 where there are none. CORe's pattern ignores case there too, so that a
// backslash and a capital N end a section.
func nextHeader(lower string) int {
	const gap = newline + newline
	for from := 1; from < len(lower); from++ {
		at := strings.Index(lower[from:], gap)
		if at < 0 {
			return 0
		}
		from += at
		if headed(lower[from+len(gap):]) {
			return from
		}
	}
	return 0
}

// headed says whether a text begins with a header: a colon, with at least one character
// in front of it, and among those no newline, digit, period, parenthesis or bar.
func headed(text string) bool {
	for at, r := range text {
		if at > 0 && r == ':' {
			return true
		}
		if strings.ContainsRune(`\().|`, r) || unicode.IsDigit(r) {
			return false
		}
	}
	return false
}

// emptied is a text whose lines of white space are empty.
func emptied(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if Strip(line) == "" {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// lowered is a text with the capitals of ASCII, which headers are of, in lower case:
// bytes keep their places.
func lowered(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Strip takes white space from both ends of a text, as Python's strip does.
func Strip(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f })
}
