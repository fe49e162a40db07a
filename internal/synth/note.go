package synth

import (
	"bytes"
	"math/rand/v2"
	"strconv"
)

// note builds the text of one note.
type note struct {
	text    []byte
	levels  Factors
	random  *rand.Rand
	gap     string // the line between sections: in MIMIC-IV mostly one blank
	scratch []byte
}

const (
	lineWidth     = 70
	emptyLineRate = 0.15 // notes whose sections are parted by truly empty lines
	crlfRate      = 0.02 // notes with a stretch of CRLF line ends
)

func (n *note) reset(levels Factors, random *rand.Rand) {
	n.text, n.levels, n.random, n.gap = n.text[:0], levels, random, " \n"
	if random.Float64() < emptyLineRate {
		n.gap = "\n"
	}
}

func (n *note) chance(p float64) bool { return n.random.Float64() < p }

func (n *note) write(s string) *note {
	n.text = append(n.text, s...)
	return n
}

// rule appends one text of a grammar rule.
func (n *note) rule(name string) *note {
	n.text = notes.find(name).expand(n.text, &n.levels, n.random)
	return n
}

// line appends a rule's text as a line.
func (n *note) line(name string) *note { return n.rule(name).write("\n") }

// section closes the section before and opens one.
func (n *note) section(heading string) *note { return n.write(n.gap).write(heading).write("\n") }

// prose appends the rules' texts as one paragraph, wrapped as the hospital's
// editor does: a blank before each line break.
func (n *note) prose(rules ...string) *note {
	n.scratch = n.scratch[:0]
	for i, name := range rules {
		if i > 0 {
			n.scratch = append(n.scratch, ' ')
		}
		n.scratch = notes.find(name).expand(n.scratch, &n.levels, n.random)
	}
	n.text = wrap(n.text, n.scratch)
	return n
}

func wrap(out, text []byte) []byte {
	column := 0
	for word := range bytes.FieldsSeq(text) {
		if column > 0 && column+len(word) > lineWidth {
			out, column = append(out, '\n'), 0
		}
		out = append(append(out, word...), ' ')
		column += len(word) + 1
	}
	return append(out, '\n')
}

// some repeats a rule name as often as drawn from lo to hi.
func (n *note) some(rules []string, name string, lo, hi int) []string {
	for range between(n.random, lo, hi) {
		rules = append(rules, name)
	}
	return rules
}

// numbered appends lo to hi lines of a rule, numbered.
func (n *note) numbered(name string, lo, hi int) {
	for i := range between(n.random, lo, hi) {
		n.text = append(strconv.AppendInt(n.text, int64(i+1), 10), ". "...)
		n.line(name)
	}
}

// finish puts CRLF line ends into a stretch of some notes: MIMIC has them where
// text was pasted from another editor.
func (n *note) finish() []byte {
	if !n.chance(crlfRate) {
		return n.text
	}
	from := n.random.IntN(len(n.text))
	to := from + n.random.IntN(len(n.text)-from)
	tail := bytes.Clone(n.text[to:])
	pasted := bytes.ReplaceAll(n.text[from:to], []byte("\n"), []byte("\r\n"))
	n.text = append(append(n.text[:from], pasted...), tail...)
	return n.text
}
