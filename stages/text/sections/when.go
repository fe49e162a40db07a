package sections

// when is the day that a heading speaks of. Where it names several the last of
// these counts.
type when uint8

const (
	anyDay       when = iota
	someDate          // a date or number: another day's where an exam is written already
	admissionDay      // the day of admission, hospital day 1, the day of operation
	inWard            // likewise
	anotherDay        // one more, after the first
	movedDay          // a change of ward or of treatment, which may also be the one to this hospital
	countedDay        // hospital day 2 and later, the days after an operation
	lastDay           // discharge, death
)

// whenOf reads the day from all words of a heading, those in brackets too.
func whenOf(words []word) when {
	found := anyDay
	for i := range words {
		if words[i].class != plain && words[i].class != link {
			found = max(found, whenAt(words, i))
		}
	}
	return found
}

// whenAt reads the day from one word and those beside it.
func whenAt(words []word, i int) when {
	next := neighbor(words, i, 1)
	switch words[i].class {
	case removed, date:
		return someDate
	case number:
		// The first number may be a list's.
		if i > 0 || next == number || words[i].letters || len(words) > 1 && words[1].class == link {
			return someDate
		}
	case arrival, admitted:
		return admissionDay
	case house:
		return inWard
	case again:
		return anotherDay
	case earlier:
		switch {
		case next == admitted:
			return movedDay // since admission
		case hasClass(words, exam):
			return anotherDay
		}
	case day, stayDay, operated, delivered:
		return counting(words, i)
	case after:
		if hasClass(words, exam) || dayOnly(words) {
			return movedDay
		}
	case moved:
		if !elsewhere(words, i) {
			return movedDay
		}
	case ending:
		if next == visit || next == admitted || next == hospital || next == late {
			return lastDay
		}
	case visit:
		if neighbor(words, i, -1) == hospital {
			return lastDay
		}
	case left:
		if !elsewhere(words, i) {
			return lastDay
		}
	}
	return anyDay
}

// counting is the day of a count such as HD#5, POD 2 or 3rd hospital day.
func counting(words []word, i int) when {
	n, counted := ordinal(words, i)
	unit, of := words[i].class, plain
	if i > 0 {
		of = words[i-1].class
	}
	sinceOperation := unit == operated || unit == delivered || unit == day && (of == after || of == moved || of == operation)
	ofStay := unit == stayDay || sinceOperation || of == hospital || of == house || of == visit
	switch {
	case !counted && (unit == stayDay || unit == delivered || !ofStay):
		return anyDay // HD without a number is hemodialysis
	case counted && (n == 0 || n == 1 && !sinceOperation):
		return admissionDay
	case ofStay:
		return countedDay
	}
	return movedDay
}

// ordinal is the number beside the unit of a count; one that was taken out is as
// good as any from two on.
func ordinal(words []word, i int) (n int, counted bool) {
	for _, step := range []int{1, -1} {
		j := i + step
		for j >= 0 && j < len(words) && (words[j].class == link || words[j].class == visit || step < 0 && words[j].class == hospital) {
			j += step
		}
		switch {
		case j < 0 || j >= len(words):
		case words[j].class == number:
			return words[j].number, true
		case words[j].class == removed && step > 0:
			return 2, true
		}
	}
	return 0, false
}

// elsewhere says whether a discharge, a transfer or a course was one of an
// earlier stay or from another place, or whether a discharge is a fluid.
func elsewhere(words []word, i int) bool {
	before, behind := neighbor(words, i, -1), neighbor(words, i, 1)
	if before == hospital { // prior hospital course
		before = neighbor(words, i-1, -1)
	}
	return i > 0 && words[i-1].class == fluid || before == earlier || before == outside || behind == outside || behind == earlier
}

// joins says whether words of a class join others.
func joins(c class) bool { return c == link || c == to }

// neighbor is the class of the next word in a direction that is no link, within
// the same brackets.
func neighbor(words []word, i, step int) class {
	for j := i + step; j >= 0 && j < len(words) && words[j].bracketed == words[i].bracketed; j += step {
		if words[j].class != link {
			return words[j].class
		}
	}
	return plain
}

func hasClass(words []word, c class) bool {
	for i := range words {
		if words[i].class == c {
			return true
		}
	}
	return false
}

// dayOnly says whether no word is part of a name.
func dayOnly(words []word) bool {
	for i := range words {
		if !unnamed[words[i].class] {
			return false
		}
	}
	return true
}
