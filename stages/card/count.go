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
	s.Characters[utf8.RuneCountInString(text.Text)]++
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
	c = &counting{of: of, sum: newTally(of.NumLabels(), in.One(portDuplicates) != nil)}
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

// indexTimes are the index times of a part's labels: of a text, or of all of an
// admission.
type indexTimes struct {
	byText      map[textKey]dataset.Time
	byAdmission map[[2]int64]dataset.Time
}

func (t indexTimes) of(text task.Text) dataset.Time {
	if own, labelled := t.byText[keyOf(text)]; labelled {
		return own
	}
	return t.byAdmission[[2]int64{text.SubjectID, text.HadmID}]
}

func indexTimesIn(ctx context.Context, in stages.Inputs, part int) (indexTimes, error) {
	t := indexTimes{map[textKey]dataset.Time{}, map[[2]int64]dataset.Time{}}
	for row, err := range dataset.Read[task.Label](ctx, in.One(examples.LabelsPort.Name), task.TableLabels, part) {
		switch {
		case err != nil:
			return t, err
		case row.TextID != "":
			t.byText[textKey{row.SubjectID, row.TextID}] = row.PredictionTime
		default:
			t.byAdmission[[2]int64{row.SubjectID, row.HadmID}] = row.PredictionTime
		}
	}
	return t, nil
}

// tokenized is what is read of tokens.
type tokenized struct {
	TextID    string `parquet:"text_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	NTokens   int32  `parquet:"n_tokens"`
}

// lengthsIn are the lengths of a part's tokens, those of a later dataset in the places of
// an earlier one's.
func lengthsIn(ctx context.Context, list []*dataset.Dataset, part int) (map[textKey]int32, error) {
	if len(list) == 0 {
		return nil, nil
	}
	lengths := map[textKey]int32{}
	for _, d := range list {
		for row, err := range dataset.Read[tokenized](ctx, d, task.TableTokens, part) {
			if err != nil {
				return nil, err
			}
			lengths[textKey{row.SubjectID, row.TextID}] = row.NTokens
		}
	}
	return lengths, nil
}

// groupsIn are the groups of equal texts by their texts; nil where they are not bound.
func groupsIn(ctx context.Context, in stages.Inputs) (map[textKey]int, error) {
	d := in.One(portDuplicates)
	if d == nil {
		return nil, nil
	}
	var list Duplicates
	if err := d.ReadJSON(ctx, DuplicatesFile, &list); err != nil {
		return nil, err
	}
	groups := map[textKey]int{}
	for g, members := range list.Groups {
		for _, m := range members {
			groups[textKey{m.SubjectID, m.TextID}] = g
		}
	}
	return groups, nil
}
