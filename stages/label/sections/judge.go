package sections

// judge says what a heading does, given the section that stands open. All
// headings are judged here, however they stand. The day that one speaks of is
// looked at before its name: what is of a later day opens nothing.
func (p *parser) judge(h *heading) effect {
	e := h.effect
	if later := p.later(h); later != unlisted {
		e = later
	}
	switch {
	case h.shape == noHeading, !p.stands(h, e), e == ends && h.when == admissionDay:
		return unlisted
	case h.dayOnly && h.when == admissionDay && p.examOver && p.open == none:
		return opens
	case e == opensWeak:
		return p.weak(h)
	case h.item && h.words == 1 && (e == aside || e == leaves), e == aside && (p.inStory() || !h.afterBlank && p.open != PhysicalExam), e == part:
		return unlisted
	case e == aside:
		return leaves
	}
	return e
}

// later is what a heading does if it speaks of the stay, or of a later day than
// that of admission. Outside the exam a transfer may be the one to this hospital.
func (p *parser) later(h *heading) effect {
	inExam, isExam := p.open == PhysicalExam, h.opening() && h.section == PhysicalExam
	short := h.words <= maxCourse
	switch {
	case h.effect >= course:
		return h.effect
	case h.when == lastDay && (h.opening() || h.effect == part || inExam || h.dayOnly):
		return turnsLast
	case h.when == lastDay && h.effect != leaves && short, h.ofStay && (h.opening() || short):
		return course
	case h.effect == leaves:
		return unlisted
	case isExam && p.inStory() && (h.when == anotherDay || h.when == movedDay && h.effect == opensWeak) && (!h.afterBlank || p.headed(PhysicalExam)):
		return part
	case h.when == countedDay && (h.opening() || h.effect == part || inExam || h.dayOnly),
		h.when == movedDay && (h.opening() || inExam || h.effect == part && !p.inStory()),
		h.when == anotherDay && (isExam || inExam && h.effect == part),
		h.when >= anotherDay && h.dayOnly && !p.inStory(),
		(h.when == someDate || h.when == inWard) && isExam && p.body[PhysicalExam].Len() > 0:
		return turnsLater
	}
	return unlisted
}

// inStory says whether a section is open that tells what was done before.
func (p *parser) inStory() bool {
	return p.open == ChiefComplaint || p.open == PresentIllness || p.open == MedicalHistory
}

// turning is what a heading of a later day does.
func turning(day when) effect {
	if day == lastDay {
		return turnsLast
	}
	return turnsLater
}

// stands says whether words that have no colon behind them, or that are within a
// line, are a heading.
func (p *parser) stands(h *heading, e effect) bool {
	switch inExam := p.open == PhysicalExam; {
	case h.shape == bare:
		return p.bare(h, e)
	case h.shape == colon:
		return true
	case h.effect >= course:
		return h.asItIs && h.words > 1
	case h.when == lastDay || h.when == countedDay && inExam:
		return h.opening() || h.effect == part || inExam && h.dayOnly && h.capital
	}
	return false
}

// bare says whether a line without a colon is a heading. It may also be the last
// words of a wrapped paragraph: a heading begins with a capital, and where it is a
// single word it follows an empty line or tells of a later section.
func (p *parser) bare(h *heading, e effect) bool {
	inExam, several := p.open == PhysicalExam, h.words > 1
	if h.dangling || h.longer && !h.upper && !h.afterBlank {
		return false
	}
	if h.effect == unlisted && !h.upper && !(h.dayOnly && (inExam || h.afterBlank && (h.capital || h.bracketed || several))) {
		return false
	}
	if e >= turnsLast || e == turnsLater && (inExam || h.dayOnly) {
		return h.capital || several || h.bracketed
	}
	return h.capital && (h.afterBlank || several) && !h.point
}

// weak is what a short word does. Where the summary has a heading of that section
// that is not weak, it is a line of the story or begins what belongs nowhere.
func (p *parser) weak(h *heading) effect {
	switch {
	case h.admission && h.section == MedicationsOnAdmission:
		return opensLate
	case h.admission, h.afterBlank && h.section == p.open:
		return opens
	case !h.afterBlank:
		return unlisted
	case p.stage == atAdmission && !p.examOver && !p.headed(h.section):
		return opens
	case p.inStory():
		return unlisted
	}
	return leaves
}

// headed says whether the summary has a heading of the section that is not weak
// and not of a later day. All lines are read for it, once for all sections.
func (p *parser) headed(s Section) bool {
	if p.strong == nil {
		p.strong = new([count]bool)
		var r reader
		for line := range lines(p.summary) {
			h := r.read(line, true)
			strong := h.opening() && (h.effect != opensWeak || h.admission) && h.when < anotherDay
			if strong && (h.shape == colon || h.capital) {
				p.strong[h.section] = true
			}
		}
	}
	return p.strong[s]
}
