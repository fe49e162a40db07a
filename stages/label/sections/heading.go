package sections

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	maxHeading   = 80 // bytes before a heading's colon
	maxBare      = 60 // bytes of a heading on a line of its own, without colon
	maxLateWords = 6  // words of a heading that a late word makes one
	longestKnown = 4  // words of the longest late header looked for in a line
)

// parenthesis is a remark in a header, such as "(per OMR)".
var parenthesis = regexp.MustCompile(`\([^()]*\)`)

// heading finds the header that a line begins with and what stands behind its
// colon. afterBlank says that the line before it is empty: there an unknown
// header ends a section, as in CORe; known ones do wherever a line begins.
func heading(line string, afterBlank bool) (h header, rest string, found bool) {
	head, rest, colon := strings.Cut(line, ":")
	if colon && len(head) > maxHeading || !colon && len(head) > maxBare {
		return header{}, "", false
	}
	name := normalize(head)
	if h, found = known(head, name); !found && (colon || !hasLower(head)) {
		h, found = guess(head, name, colon && afterBlank)
	}
	if h.effect == opensWeak {
		h.effect = continues
		if afterBlank {
			h.effect = opens
		}
	}
	return h, rest, found && (colon || bare(head, name, h, afterBlank))
}

// known looks a header up, first as it stands, then without its remarks.
func known(head, name string) (header, bool) {
	if h, found := headers[name]; found {
		return h, true
	}
	if hasWord(name, "course") || !strings.Contains(head, "(") {
		return header{}, false
	}
	h, found := headers[normalize(parenthesis.ReplaceAllString(head, ""))]
	return h, found
}

// guess classes a header that is not in the list.
func guess(head, name string, plainEnds bool) (header, bool) {
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	late := slices.ContainsFunc(lateWords, func(w string) bool { return hasWord(name, w) })
	known := slices.IndexFunc(beginnings, func(b string) bool { return begins(b) && len(name) > len(b) && name[len(b)] == ' ' })
	switch {
	case slices.ContainsFunc(early, begins) && !hasWord(name, "hospital"):
		return header{continues, none}, true
	case late && (known >= 0 || strings.Count(name, " ") < maxLateWords):
		return header{course, none}, true
	case known >= 0:
		return headers[beginnings[known]], true
	}
	return header{leaves, none}, plainEnds && plainHeading(head)
}

// bare says whether a line without a colon is a heading. It may also be the
// last words of a wrapped paragraph: a heading begins with a capital, and where
// it is a single word it follows an empty line or tells of a later section.
func bare(head, name string, h header, afterBlank bool) bool {
	late := h.effect == course || h.effect == ends
	several := strings.Contains(name, " ")
	capital := beginsWithCapital(head)
	return late && (capital || several) || capital && (afterBlank || several) && !strings.HasSuffix(head, ".")
}

// beginsWithCapital looks at the first letter of a line.
func beginsWithCapital(line string) bool {
	i := strings.IndexFunc(line, unicode.IsLetter)
	return i >= 0 && line[i] >= 'A' && line[i] <= 'Z'
}

// plainHeading is CORe's notion of a header, list items left out: no digit,
// point, parenthesis, bar or backslash.
func plainHeading(head string) bool {
	return head != "" && !strings.ContainsAny(head, `0123456789.()|\`) && !strings.ContainsAny(head[:1], "-*#>+")
}

// lateHeader finds a late header that does not stand as it should: without its
// colon at the start of a line that goes on, or with its colon inside a line.
// Real summaries have neither; this keeps a damaged one from leaking.
func lateHeader(line string) (header, bool) {
	if beginsWithCapital(line) {
		name := normalize(line[:min(len(line), maxHeading)])
		for n := longestKnown; n >= 2; n-- {
			// "Follow up" begins sentences too.
			if h, late := lateName(firstWords(name, n)); late && (n > 2 || !strings.HasPrefix(name, "follow ")) {
				return h, true
			}
		}
	}
	for from := 0; ; {
		i := strings.IndexByte(line[from:], ':')
		if i < 0 {
			return header{}, false
		}
		name := normalize(line[max(from, from+i-maxHeading) : from+i])
		for n := longestKnown; n >= 2; n-- {
			if h, late := lateName(lastWords(name, n)); late {
				return h, true
			}
		}
		from += i + 1
	}
}

// lateName looks up a header that ends the admission part for good.
func lateName(name string) (h header, late bool) {
	h = headers[name]
	return h, h.effect == course || h.effect == ends
}

// firstWords is the first n words of a normalized name, "" where it has fewer.
func firstWords(name string, n int) string {
	for i := range len(name) {
		if name[i] == ' ' {
			n--
		}
		if n == 0 {
			return name[:i]
		}
	}
	if n > 1 {
		return ""
	}
	return name
}

// lastWords is the last n words of a normalized name, "" where it has fewer.
func lastWords(name string, n int) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == ' ' {
			n--
		}
		if n == 0 {
			return name[i+1:]
		}
	}
	if n > 1 {
		return ""
	}
	return name
}

// laterExam says whether a line inside the physical exam begins the exam of a
// later day. MIMIC-IV's Physical Exam often holds those of admission and
// discharge one after the other, under headings of any form. A wrapped line may
// begin with the word discharge too, but not with a capital.
func laterExam(line string) bool {
	name := normalize(line)
	first, _, _ := strings.Cut(name, " ")
	if beginsWithCapital(line) && slices.Contains([]string{"discharge", "disch", "dc", "death", "deceased", "expired", "transfer"}, first) || strings.HasPrefix(name, "d c ") {
		return true
	}
	for _, when := range []string{"on", "at", "upon", "before", "prior to", "pre", "day of", "time of"} {
		if hasWord(name, when+" discharge") || hasWord(name, when+" dc") || hasWord(name, when+" d c") || hasWord(name, when+" death") {
			return true
		}
	}
	return false
}

// hasWord says whether a normalized name holds a word or phrase.
func hasWord(name, phrase string) bool {
	for from := 0; ; {
		i := strings.Index(name[from:], phrase)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(phrase)
		if (start == 0 || name[start-1] == ' ') && (end == len(name) || name[end] == ' ') {
			return true
		}
		from = end
	}
}

func hasLower(s string) bool {
	return strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")
}

// normalize makes a header comparable: its letters in lower case, each run of
// other characters one blank.
func normalize(head string) string {
	name := make([]byte, 0, len(head))
	blank := false
	for i := range len(head) {
		c := head[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if letter && blank && len(name) > 0 {
			name = append(name, ' ')
		}
		if letter {
			name = append(name, c)
		}
		blank = !letter
	}
	return string(name)
}
