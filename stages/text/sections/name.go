package sections

import "slices"

// longestBegun is the number of words of the longest header that a name is looked
// for to begin with.
const longestBegun = 5

// lookUp finds what the words outside brackets name: as they stand, without the
// words that only say the day, and by how the name begins, as in "Physical Exam
// by system". What is of another hospital names nothing, and one region's exam is
// a part; what begins with a test is of its results.
func (r *reader) lookUp(h *heading, words []word) {
	h.sentence = hasClass(words, prose)
	for _, all := range [...]bool{true, false} {
		name, may := r.join(words, all)
		if h.dayOnly = len(name) == 0; h.dayOnly {
			return
		}
		if !all && joins(words[0].class) && h.when == anyDay {
			break // of a sentence, as in "From the facility"
		}
		if !may {
			continue
		}
		var found bool
		if h.header, found = headers[string(name)]; found {
			h.asItIs = all
			return
		}
		if !all && !h.sentence {
			h.header = begun(name)
			h.longer = h.opening()
		}
	}
	switch {
	case h.longer || h.sentence && h.when != lastDay:
	case hasClass(words, exam):
		h.header = header{part, none}
	case begins(words, result), h.capital && words[len(words)-1].class == result:
		h.header = header{aside, none}
	}
}

// begins says whether the first word of a name is of a class.
func begins(words []word, c class) bool {
	i := slices.IndexFunc(words, func(w word) bool { return !unnamed[w.class] })
	return i >= 0 && words[i].class == c
}

// begun is the strong header that a name begins with.
func begun(name []byte) header {
	for end, blanks := 0, 0; end < len(name) && blanks < longestBegun; end++ {
		if name[end] != ' ' {
			continue
		}
		blanks++
		if h := headers[string(name[:end])]; h.effect == opens || h.effect == opensLate {
			return h
		}
	}
	return header{}
}

// join joins the words of a name: those outside brackets, or all where there is
// no other. Either all of them or only those that do not say the day. It says,
// too, whether a header may be found: some begins with the first word.
func (r *reader) join(words []word, all bool) (name []byte, may bool) {
	r.name = r.name[:0]
	for _, bracketed := range [...]bool{false, true} {
		any := false
		for i := range words {
			w := &words[i]
			if w.bracketed && !bracketed {
				continue
			}
			any = any || w.class != removed
			if !w.letters || !all && unnamed[w.class] {
				continue
			}
			if len(r.name) == 0 {
				may = w.heads
			} else {
				r.name = append(r.name, ' ')
			}
			r.name = append(r.name, r.lower[w.from:w.to]...)
		}
		if any {
			break
		}
	}
	return r.name, may
}
