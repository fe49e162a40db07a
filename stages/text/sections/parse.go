package sections

import (
	"iter"
	"strings"
)

// Parse reads the admission sections of a discharge summary. A section runs to
// the next heading that such summaries have, over paragraphs and lines with a
// colon; the first section of a kind that has a body counts, but a medical history
// may go on. Headings of a later
// day open nothing. Once the hospital course or the results have begun only
// Medications on Admission may still open, once a discharge section has begun
// nothing may: so nothing written about the stay can enter, whatever headings
// stand in it.
func Parse(text string) Note {
	p := parser{summary: text, open: none, blank: true}
	for line := range lines(text) {
		if p.line(line); p.stage == ended {
			break
		}
	}
	return p.note()
}

// lines are a text's lines without the white space around them: lines of white
// space alone are empty ones in MIMIC-IV. A lone carriage return ends a line too.
func lines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			for line := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), "\r") {
				if !yield(strings.TrimSpace(line)) {
					return
				}
			}
		}
	}
}

// stage is how far the summary has come.
type stage uint8

const (
	atAdmission stage = iota
	pastLastDay       // weak headings open nothing
	inCourse
	ended
)

type parser struct {
	reader
	summary  string
	open     Section
	stage    stage
	story    bool // a section is open that tells what was done before, or one was until it came to a later day
	examined bool // the exam has more than vital signs
	examOver bool // an exam of a later day has begun: only one of admission may open
	blank    bool // the line before is empty
	body     [count]strings.Builder
	strong   *[count]bool // see headed
}

// line takes one line.
func (p *parser) line(line string) {
	if rule(line) {
		return
	}
	afterBlank := p.blank
	p.blank = line == ""
	if p.open != PhysicalExam && len(line) > longestSmall && line[0] >= 'a' && line[0] <= 'z' && strings.IndexByte(line, ':') < 0 {
		p.add(line) // of a wrapped paragraph
		return
	}
	h := p.read(line, afterBlank)
	words, e := p.words, p.judge(&h)
	if e > leaves && h.effect == unlisted {
		e = max(e, p.inside(words[:h.words])) // its last words may name a section
	}
	if e != unlisted {
		p.turn(&h, e)
		line, words = h.rest, words[h.words:]
	}
	if e := p.misplaced(words, e != unlisted); e != unlisted {
		p.turn(&heading{dayOnly: true}, e)
	}
	if strings.Trim(line, ruled+" ") != "" {
		p.add(line)
		p.examined = p.examined || p.open == PhysicalExam && !(h.effect == part && h.asItIs)
	}
}

// rule is a line drawn under a heading.
func rule(line string) bool { return len(line) >= 3 && strings.Trim(line, ruled) == "" }

const ruled = "=-*~#"

// turn follows a heading that does something.
func (p *parser) turn(h *heading, e effect) {
	if e == turnsLater || e == turnsLast {
		ofExam := h.opening() && h.section == PhysicalExam || h.effect == part || h.dayOnly && e == turnsLast
		p.examOver = p.examOver || ofExam || p.open == PhysicalExam
	}
	switch e {
	case turnsLast:
		p.stage = max(p.stage, pastLastDay)
	case course:
		p.stage = max(p.stage, inCourse)
	case ends:
		p.stage = ended
	}
	to := h.section
	if h.dayOnly {
		to = PhysicalExam
	}
	again := to == PhysicalExam && p.examOver && h.when == admissionDay
	switch {
	case !(e == opens && p.stage < inCourse || e == opensLate && p.stage < ended),
		to == PhysicalExam && p.examOver && !again,
		to != p.open && p.body[to].Len() > 0 && !again && !(to == MedicalHistory && p.stage == atAdmission && !p.examOver):
		p.open = none
	default:
		p.open = to
	}
	turned := e == turnsLater || e == turnsLast
	p.story = p.story && turned || p.open == ChiefComplaint || p.open == PresentIllness || p.open == MedicalHistory
}

func (p *parser) add(line string) {
	if p.open == none {
		return
	}
	body := &p.body[p.open]
	for word := range strings.FieldsSeq(line) {
		if body.Len() > 0 {
			body.WriteByte(' ')
		}
		body.WriteString(word)
	}
}

func (p *parser) note() Note {
	var n Note
	for s := range p.body {
		n[s] = p.body[s].String()
	}
	return n
}
