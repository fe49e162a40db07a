package sections

import "strings"

// Parse reads the admission sections of a discharge summary. A section runs to
// the next header; the first section of a kind that has a body counts. Once
// the hospital course or the results have begun only Medications on Admission
// may still open, once a discharge section has begun nothing may: so nothing
// written about the stay can enter, whatever headers stand in it.
func Parse(text string) Note {
	p := parser{open: none, blank: true}
	for line := range strings.Lines(text) {
		if p.stage == ended {
			break
		}
		// A lone carriage return ends a line too.
		for line := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), "\r") {
			p.line(strings.TrimSpace(line))
		}
	}
	return p.note()
}

// stage is how far the summary has come.
type stage int

const (
	admission stage = iota
	inCourse
	ended
)

type parser struct {
	open  Section
	stage stage
	blank bool // the line before is empty
	body  [count]strings.Builder
}

// line takes one line, its outer white space removed: lines of white space
// alone are empty ones in MIMIC-IV.
func (p *parser) line(line string) {
	if p.stage == ended || rule(line) {
		return
	}
	afterBlank := p.blank
	p.blank = line == ""
	h, rest, found := heading(line, afterBlank)
	switch {
	case found && h.effect != continues:
		p.turn(h)
		line = rest
	case p.open == PhysicalExam && laterExam(line):
		p.turn(header{course, none})
	}
	if late, isLate := lateHeader(line); isLate {
		p.turn(late)
	}
	p.add(line)
}

// rule is a line drawn under a heading.
func rule(line string) bool { return len(line) >= 3 && strings.Trim(line, "=-*~#") == "" }

// turn follows a header.
func (p *parser) turn(h header) {
	switch h.effect {
	case course:
		p.stage = max(p.stage, inCourse)
	case ends:
		p.stage = ended
	}
	mayOpen := h.effect == opens && p.stage == admission || h.effect == opensLate && p.stage < ended
	switch {
	case !mayOpen:
		p.open = none
	case h.section != p.open && p.body[h.section].Len() > 0:
		p.open = none
	default:
		p.open = h.section
	}
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
