package card

import (
	"context"
	"unicode/utf8"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// counting is one part being counted.
type counting struct {
	of     task.Task
	sum    *tally
	read   bool              // there are texts, not tokens alone
	tokens map[textKey]int32 // lengths; nil: no tokens are bound
	times  indexTimes
	groups map[textKey]int // of equal texts
	// The patient whose examples are being read, and the splits that they are in.
	subject int64
	in      map[string]bool
}

func (c *counting) add(e examples.Example, text task.Text) error {
	if err := (examples.Rows{e}).CheckLabels(c.of.Multilabel(), c.of.NumLabels()); err != nil {
		return err
	}
	s := c.sum.Splits[e.Split]
	c.see(e.SubjectID, e.Split)
	s.label(c.of, e)
	if c.read {
		s.Characters[utf8.RuneCountInString(text.Text)]++
	}
	if n, tokenized := c.tokens[keyOf(text)]; tokenized {
		s.Tokens[int(n)]++
	} else if c.tokens != nil {
		c.sum.Join["examples_without_tokens"]++
	}
	s.sections(text.Text)
	s.time(text.PredictionTime, c.times.of(text))
	if g, equal := c.groups[keyOf(text)]; equal {
		c.sum.group(g)[e.Split]++
	}
	return nil
}

// openCounting reads what the examples of a part are counted by.
func openCounting(ctx context.Context, in stages.Inputs, part int, of task.Task) (c *counting, err error) {
	c = &counting{of: of, read: len(in[textsPort.Name]) > 0, sum: newTally(of.NumLabels(), in.One(portDuplicates) != nil)}
	if c.tokens, err = lengthsIn(ctx, in[examples.TokensPort.Name], part); err != nil {
		return nil, err
	}
	if c.times, err = indexTimesIn(ctx, in, part); err != nil {
		return nil, err
	}
	c.groups, err = groupsIn(ctx, in)
	return c, err
}

// see counts the patients of a split, and those who are in a second one. A patient's
// examples come one behind the other.
func (c *counting) see(subject int64, split string) {
	if c.in == nil || c.subject != subject {
		c.subject, c.in = subject, map[string]bool{}
	}
	if c.in[split] {
		return
	}
	c.in[split] = true
	c.sum.Splits[split].Patients++
	if len(c.in) == 2 {
		c.sum.Crossing++
	}
}

func (s *bySplit) label(of task.Task, e examples.Example) {
	if !of.Multilabel() {
		s.Labels[e.Label]++
		return
	}
	for _, label := range e.Labels {
		s.Labels[label]++
	}
}

// sections counts the sections that are empty, of a text that has any.
func (s *bySplit) sections(text string) {
	note, ok := sections.Written(text)
	if !ok {
		return
	}
	s.Sectioned++
	for i, body := range note {
		if body == "" {
			s.Empty[i]++
		}
	}
}

func (s *bySplit) time(text, index dataset.Time) {
	if text == 0 || index == 0 {
		return
	}
	s.Dated++
	if text > index {
		s.Late++
	}
}
