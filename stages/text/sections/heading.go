package sections

import (
	"slices"
	"strings"
)

const (
	longestSmall = 60 // bytes of a heading that begins with a small letter and has no colon
	maxHeading   = 90 // bytes of a heading, up to its colon if it has one
	respelled    = 8  // words of a heading in which misspelled ones are looked for
	maxCourse    = 6  // words of an unlisted heading that speaks of the stay
)

// shape is how a heading stands in its line.
type shape uint8

const (
	noHeading shape = iota
	colon           // in front of a colon
	bare            // alone in its line
	within          // the first words of a line that goes on, or the last before a colon inside one
)

// heading is what a line, or a part of it, says of the text behind it.
type heading struct {
	header            // what it names
	when       when   // the day that it speaks of
	shape      shape  // how it stands
	words      int    // how many it has
	dayOnly    bool   // names nothing, as in "On discharge:"
	asItIs     bool   // is a header, no word left out
	sentence   bool   // has a word of a sentence
	longer     bool   // only begins with a header
	ofStay     bool   // has a word such as course
	afterBlank bool   // the line before is empty
	capital    bool   // begins with a capital
	upper      bool   // has no small letter
	item       bool   // is marked as an item of a list
	dangling   bool   // ends with a word that joins others
	point      bool   // ends as a sentence does
	bracketed  bool   // begins with a bracket
	admission  bool   // has the word admission
	occasion   bool   // an exam on some occasion, as in "Exam on hospice"
	before     bool   // has a word of an earlier stay
	rest       string // of the line, behind the colon
}

// read takes a line apart: what it names, the day, how it stands. A line without
// a colon that is too long for a heading gives none. The line's words stay at
// hand for what stands in it.
func (r *reader) read(line string, afterBlank bool) heading {
	r.cut(line)
	head := r.words
	h := heading{shape: bare, afterBlank: afterBlank}
	if r.colon >= 0 {
		h.shape, h.rest = colon, line[r.colon+1:]
		head = head[:1+slices.IndexFunc(head, func(w word) bool { return w.colon })]
	}
	if len(head) == 0 || r.colon > maxHeading || h.shape == bare && len(line) > maxHeading {
		return heading{}
	}
	r.respell(head[:min(len(head), respelled)])
	h.upper = h.shape == bare && !hasLower(line)
	h.point = strings.HasSuffix(line, ".")
	h.item = strings.IndexByte("-*>+", line[0]) >= 0
	r.understand(&h, head)
	return h
}

// understand fills in what the words say.
func (r *reader) understand(h *heading, words []word) {
	h.words, h.capital = len(words), capital(words)
	h.when = whenOf(words)
	h.bracketed = bracketed(words)
	h.dangling = joins(words[len(words)-1].class)
	h.admission = hasClass(words, admitted)
	h.before = hasClass(words, earlier)
	h.occasion = r.occasion(words)
	for i := range words {
		h.ofStay = h.ofStay || words[i].class == late && !elsewhere(words, i)
	}
	r.lookUp(h, words)
}

// occasion says whether an exam is one on an occasion that no class knows.
func (r *reader) occasion(words []word) bool {
	for i := range len(words) - 1 {
		if words[i].class != exam {
			continue
		}
		switch r.text(&words[i+1]) {
		case "on", "at", "upon", "off", "when", "while", "during":
			return neighbor(words, i+1, 1) == plain
		}
	}
	return false
}

// bracketed says whether words begin with a bracket.
func bracketed(words []word) bool {
	for i := range words {
		if words[i].class != removed {
			return words[i].bracketed
		}
	}
	return false
}

// capital says whether words begin as a heading does: with a capital, or as 2nd.
func capital(words []word) bool {
	for i := range words {
		if words[i].letters {
			return words[i].capital || i > 0 && words[i-1].class == number && words[i].class == link
		}
	}
	return false
}

func hasLower(s string) bool {
	for i := range len(s) {
		if s[i] >= 'a' && s[i] <= 'z' {
			return true
		}
	}
	return false
}
