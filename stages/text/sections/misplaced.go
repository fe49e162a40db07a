package sections

const (
	longestName  = 4  // words of the longest header looked for where a line goes on
	longestDay   = 12 // words in which a day is looked for there
	nameAfterDay = 2  // words that may follow the day, such as "physical exam"
)

// misplaced finds a heading of what came later that does not stand as it should:
// without its colon at the start of a line that goes on, or with its colon inside
// a line. Inside the physical exam words that only say the day are one too. It is
// given the words of a line, or those behind its heading.
func (p *parser) misplaced(words []word, behind bool) effect {
	capital := capital(words)
	if p.open == PhysicalExam {
		if e := p.dayInLine(words, capital || behind); e != unlisted {
			return e
		}
	}
	if capital && !joins(words[0].class) {
		if e := p.running(words); e != unlisted {
			return e
		}
	}
	start := 0
	for i := range words {
		if words[i].colon {
			if e := p.inside(words[start : i+1]); e != unlisted {
				return e
			}
			start = i + 1
		}
	}
	return unlisted
}

// dayInLine finds the day that a line of the exam speaks of: that of its first
// words, as in "POD 2, walks", or one in it, as in "well at discharge". A wrapped
// line may begin with the word discharge, but not with a capital.
func (p *parser) dayInLine(words []word, begins bool) effect {
	begins = begins || bracketed(words)
	for i := range words {
		begins = begins && unnamed[words[i].class]
		if !tellsDay[words[i].class] && words[i].class != moved {
			continue
		}
		if on := whenAt(words, i); on >= movedDay && begins || on >= countedDay && p.pointedAt(words, i) {
			return turning(on)
		}
	}
	return unlisted
}

// tellsDay are the classes that tell a later day without another word.
var tellsDay = [classes]bool{left: true, stayDay: true, operated: true, delivered: true, day: true}

// pointedAt says whether a preposition of time stands before a word. Breath is
// drawn on expiration.
func (p *parser) pointedAt(words []word, i int) bool {
	switch p.text(&words[i]) {
	case "expiration":
		return false
	case "c": // of d/c
		i--
	}
	if i == 0 {
		return false
	}
	switch before := &words[i-1]; p.text(before) {
	case "on", "at", "upon", "before", "pre", "to":
		return before.class == link
	case "of":
		return i > 1 && (words[i-2].class == day || words[i-2].class == date)
	}
	return false
}

// running finds a late heading in the first words of a line that goes on.
func (p *parser) running(words []word) effect {
	// "Discharge medications included" tells of an earlier stay.
	if p.story && words[0].class == left && len(words) > 2 && words[2].class == prose {
		return unlisted
	}
	for n := min(longestName, len(words)); n >= 2 && words[0].heads; n-- {
		// "Follow up" begins sentences too.
		if !words[n-1].finishes || n == 2 && words[1].class == late && words[0].pairs || neighbor(words, n-1, 1) == outside || p.story && onArrival(words[n:]) {
			continue
		}
		if e := p.late(words[:n]); e != unlisted {
			return e
		}
	}
	for i := range min(longestDay, len(words)) {
		if !tellsDay[words[i].class] || elsewhere(words, i) {
			continue
		}
		n := i + 1
		if n < len(words) && (words[n].class == number || words[n].class == removed) {
			n++
		}
		for most := min(n+nameAfterDay, len(words)); n <= most; n++ {
			if e := p.late(words[:n]); e != unlisted {
				return e
			}
		}
	}
	return unlisted
}

// onArrival says whether words go on as in "Pertinent labs on arrival".
func onArrival(words []word) bool {
	return len(words) > 1 && words[0].class == link && (words[1].class == arrival || words[1].class == admitted)
}

// inside finds a late heading in the last words before a colon.
func (p *parser) inside(words []word) effect {
	end := len(words)
	if last := words[end-1]; last.class == plain && !last.finishes {
		return unlisted
	}
	for n := min(longestName, end); n >= 1; n-- {
		before := neighbor(words, end-n, -1)
		if before == outside || before == earlier || before == fluid || joins(words[end-n].class) {
			continue
		}
		if e := p.late(words[end-n:]); e != unlisted {
			return e
		}
	}
	return unlisted
}

// late judges words within a line, of which only what came later counts.
func (p *parser) late(words []word) effect {
	h := heading{shape: within}
	p.understand(&h, words)
	if e := p.judge(&h); e > leaves {
		return e
	}
	return unlisted
}
