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
	case h.effect == course && !h.ofStay && (h.before || p.story && h.when == admissionDay) && h.when < movedDay:
		return unlisted // such as "Prenatal course" and "Pertinent labs on arrival"
	case h.shape == noHeading, !p.stands(h, e), e == ends && h.when == admissionDay, e == part:
		return unlisted
	case h.dayOnly && h.when == admissionDay && p.examOver && p.open == none:
		return opens
	case e == opensWeak:
		return p.weak(h)
	case e == opens && h.section == ChiefComplaint && p.open == PresentIllness && p.body[ChiefComplaint].Len() > 0:
		return unlisted // an admission note that was pasted into the story
	case (e == aside || e == leaves) && h.item && h.words == 1:
		return unlisted
	case p.story && h.dayOnly && h.words == 1 && !h.capital && !h.afterBlank:
		return unlisted // ends a wrapped sentence
	case p.open == FamilyHistory && h.dayOnly && h.words == 1 && !h.afterBlank && h.rest != "":
		return unlisted // a relative's death
	case e == aside && (p.story || !h.afterBlank && p.open != PhysicalExam && !(p.open == MedicationsOnAdmission && h.asItIs)):
		return unlisted
	case e == aside:
		return leaves
	}
	return e
}

// later is what a heading does if it speaks of the stay, or of a later day than
// that of admission.
func (p *parser) later(h *heading) effect {
	inExam, section, short := p.open == PhysicalExam, h.opening(), h.words <= maxCourse || !p.story && h.shape == colon
	switch {
	case h.effect == course && !h.asItIs && p.story:
		return turnsLast // such as "Treatment course": other sections follow
	case h.effect >= course:
		return h.effect
	case h.when == lastDay && (section || h.effect == part || h.dayOnly || inExam), h.ofStay && section:
		return turnsLast
	case h.when == lastDay && h.effect != leaves && short, h.ofStay && short:
		if p.story {
			return turnsLast
		}
		return course
	case h.effect == leaves:
		return unlisted
	case p.inEmergency(h):
		return part
	case p.ofLaterDay(h):
		return turnsLater
	}
	return unlisted
}

// ofLaterDay says whether a day between that of admission and the last one is
// meant. A story may tell of such days before it, and of a transfer to this
// hospital.
func (p *parser) ofLaterDay(h *heading) bool {
	isExam := h.opening() && h.section == PhysicalExam
	another := p.examined && p.open == PhysicalExam && (isExam || h.occasion && h.effect == part)
	loose := !p.story && (h.effect == part || h.dayOnly)
	switch h.when {
	case countedDay:
		return h.opening() || h.effect == part || h.dayOnly || !p.story
	case movedDay:
		return h.opening() || loose || p.open == PhysicalExam
	case anotherDay:
		return isExam || loose
	case someDate, inWard:
		return another || isExam && p.body[PhysicalExam].Len() > 0 || h.when == inWard && h.effect == opensWeak && h.section == MedicationsOnAdmission
	case anyDay:
		return another
	}
	return false
}

// inEmergency says whether an exam is one that a story tells, such as that before
// the transfer from the emergency department.
func (p *parser) inEmergency(h *heading) bool {
	told := h.when == anotherDay && h.opening() || h.when == movedDay && h.effect == opensWeak
	return told && h.section == PhysicalExam && p.story && (!h.afterBlank || p.headed(PhysicalExam))
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
	if h.dangling || h.effect == aside && !h.asItIs && h.words > maxCourse || h.longer && !h.upper && !(h.afterBlank && h.section == PhysicalExam) {
		return false
	}
	if h.when == lastDay && !p.story && h.afterBlank && h.capital && h.words <= maxCourse && !h.point && !h.sentence {
		return true
	}
	if h.effect == unlisted && !h.upper && !(h.dayOnly && (inExam || h.afterBlank && (h.capital || h.bracketed || several))) {
		return false
	}
	if e >= turnsLast || e == turnsLater && (inExam || h.dayOnly) {
		return h.capital || h.bracketed || several && h.when != anyDay && (h.when != movedDay || h.afterBlank)
	}
	return h.capital && (h.afterBlank || several) && !h.point
}

// weak is what a short word does. Where the summary has a heading of that section
// that is not weak, it is a line of the story or begins what belongs nowhere.
func (p *parser) weak(h *heading) effect {
	switch {
	case h.section == MedicationsOnAdmission && (h.admission || h.section == p.open && h.afterBlank && h.words > 1 && h.when == anyDay):
		return opensLate
	case h.admission, h.afterBlank && h.section == p.open:
		return opens
	case !h.afterBlank:
		return unlisted
	case p.stage == atAdmission && !p.examOver && !p.headed(h.section):
		return opens
	case p.story:
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
