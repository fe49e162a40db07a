package examples

import (
	"context"
	"errors"
	"iter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// Source is the datasets that examples are joined from, part by part.
type Source struct {
	// Tokens are the texts, one dataset or several, or texts that are not tokenized. A row
	// of a later one stands in the place of the row of the same text_id before; one without
	// input_ids takes it away.
	Tokens []*dataset.Dataset
	// Labels belong to a text, or to all texts of an admission. nil: every text is an
	// example without labels, as a language model needs them.
	Labels  *dataset.Dataset
	Split   *dataset.Dataset
	Overlap split.Overlap // what is done with patients in two splits
}

// Check refuses datasets that cannot be joined part by part, and first tokens that are
// to be laid over others: what they take away would be examples without a token.
func (s Source) Check() error {
	if s.Tokens[0].Manifest.Counts[task.CountWithdrawn] > 0 {
		return exit.Errorf(exit.Usage, "%s withdraws texts; list the tokens of the texts that it was made from before it", s.URI())
	}
	for _, d := range append([]*dataset.Dataset{s.Labels, s.Split}, s.Tokens...) {
		if d != nil && d.Parts() != s.Parts() {
			return exit.Errorf(exit.Usage, "%s has %d parts and %s has %d: examples are joined part by part; make both of the same patients", s.URI(), s.Parts(), d.URI(), d.Parts())
		}
	}
	return nil
}

// Parts is the number of parts of each of the datasets.
func (s Source) Parts() int { return s.Tokens[0].Parts() }

// URI is the place of the texts.
func (s Source) URI() string { return s.Tokens[0].URI() }

// Part joins one part. Examples come in the order of the first tokens; one patient's
// rows and the part's splits are in memory at a time. counts may be nil.
func (s Source) Part(ctx context.Context, part int, counts *Counts) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		if counts == nil {
			counts = &Counts{}
		}
		j, err := s.open(ctx, part, counts)
		if err == nil {
			defer j.close()
			err = j.run(yield)
		}
		if err != nil {
			yield(Example{}, err)
		}
	}
}

// join is one part being joined.
type join struct {
	part     int
	texts    *patients[task.Tokens]
	overlays []*patients[task.Tokens]
	labels   *patients[task.Label] // nil: none are asked for
	split    split.Sides
	kind     task.Kind // of the labels' task, "" where it is not told
	counts   *Counts
}

func (s Source) open(ctx context.Context, part int, counts *Counts) (*join, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	splits, err := s.Overlap.Part(ctx, s.Split, part)
	if err != nil {
		return nil, err
	}
	j := &join{part: part, split: splits, counts: counts}
	for i, d := range s.Tokens {
		p := openPatients(d, part, textsIn(ctx, d, part), func(row task.Tokens) int64 { return row.SubjectID })
		if i == 0 {
			j.texts = p
		} else {
			j.overlays = append(j.overlays, p)
		}
	}
	if s.Labels != nil {
		of, _, err := task.Of(s.Labels)
		if err != nil {
			return nil, err
		}
		j.kind = of.Kind
		j.labels = openPatients(s.Labels, part, dataset.Read[task.Label](ctx, s.Labels, task.TableLabels, part), func(row task.Label) int64 { return row.SubjectID })
		j.labels.passed = j.withoutTokens
	}
	return j, nil
}

func (j *join) close() {
	j.texts.close()
	for _, o := range j.overlays {
		o.close()
	}
	if j.labels != nil {
		j.labels.close()
	}
}

// run joins one patient after another.
func (j *join) run(yield func(Example, error) bool) error {
	for {
		texts, err := j.texts.next()
		if err != nil {
			return err
		}
		if texts == nil {
			return j.finish()
		}
		rows, err := j.patient(texts)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !yield(row, nil) {
				return nil
			}
		}
	}
}

// finish looks at the patients behind the last one who has texts.
func (j *join) finish() error {
	for i, o := range j.overlays {
		if skipped, err := o.skip(nil); err != nil || skipped > 0 {
			return errors.Join(err, j.noSuchText(i, skipped))
		}
	}
	if j.labels == nil {
		return nil
	}
	_, err := j.labels.skip(nil)
	return err
}

// patient joins the texts of one patient.
func (j *join) patient(texts []task.Tokens) ([]Example, error) {
	replaced, err := j.replace(texts)
	if err != nil {
		return nil, err
	}
	labels, err := j.labelsOf(texts[0].SubjectID)
	if err != nil {
		return nil, err
	}
	var rows []Example
	for i, text := range texts {
		if replaced[i] && len(text.InputIDs) == 0 {
			j.counts.Withdrawn++
			continue
		}
		if replaced[i] {
			j.counts.Replaced++
		}
		label, labelled := labels.of(text)
		of, split := j.split.Of(text.SubjectID, text.HadmID)
		switch {
		case !split:
			j.counts.WithoutSplit++
		case !labelled && j.labels != nil:
			j.counts.WithoutLabel++
		default:
			e := Example{
				ExampleID: text.TextID, SubjectID: text.SubjectID, HadmID: text.HadmID, Split: of,
				InputIDs: text.InputIDs, NTokens: text.NTokens, Label: label.Label, Labels: label.Labels,
			}
			j.counts.example(j.kind, e)
			rows = append(rows, e)
		}
	}
	labels.eachUnmet(j.withoutTokens)
	return rows, nil
}

// withoutTokens counts a label that has no text.
func (j *join) withoutTokens(row task.Label) {
	of, _ := j.split.Of(row.SubjectID, row.HadmID)
	j.counts.withoutTokens(of)
}

// replace puts the rows of later tokens in the place of a patient's texts, and says which.
func (j *join) replace(texts []task.Tokens) ([]bool, error) {
	at := make(map[string]int, len(texts))
	for i, text := range texts {
		at[text.TextID] = i
	}
	if len(at) < len(texts) {
		return nil, exit.Errorf(exit.BadData, "%s: a text_id occurs twice in part %d; make the tokens again", j.texts.uri, j.part)
	}
	replaced := make([]bool, len(texts))
	for i, o := range j.overlays {
		rows, skipped, err := o.of(texts[0].SubjectID)
		if err != nil || skipped > 0 {
			return nil, errors.Join(err, j.noSuchText(i, skipped))
		}
		for _, row := range rows {
			k, ok := at[row.TextID]
			if !ok {
				return nil, j.noSuchText(i, 1)
			}
			texts[k], replaced[k] = row, true
		}
	}
	return replaced, nil
}

func (j *join) noSuchText(overlay, rows int) error {
	if rows == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "%s: part %d has a text that %s does not have; list the tokens of the texts that it was made from before it", j.overlays[overlay].uri, j.part, j.texts.uri)
}
