package examples

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// Source is the datasets that examples are joined from, part by part.
type Source struct {
	// Tokens are the texts, one dataset or several. A row of a later one stands in the
	// place of the row of the same text_id before; one without input_ids takes it away.
	Tokens []*dataset.Dataset
	// Labels belong to a text, or to all texts of an admission. nil: every text is an
	// example without labels, as a language model needs them.
	Labels *dataset.Dataset
	Split  *dataset.Dataset
}

// Check refuses datasets that cannot be joined part by part.
func (s Source) Check() error {
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

// Counts say what met in a join and what did not. Each text is counted once: as an
// example, as withdrawn, or by the first that it lacks, a split or a label.
type Counts struct {
	Examples      int64 // texts with all that they need
	WithoutSplit  int64 // texts of patients who are in no split
	WithoutLabel  int64 // texts without a label of the task
	Withdrawn     int64 // texts that a later dataset of tokens takes away
	Replaced      int64 // texts whose tokens are a later dataset's, whatever else they lack
	WithoutTokens int64 // labels whose texts are not in the tokens, or withdrawn

	// BySplit are the examples, what they are labelled with, and the labels without
	// tokens, under the names that they have in the manifest: examples.train,
	// positives.val, class.2.test, pairs.train, labels_without_tokens.test. Labels of
	// patients in no split are labels_without_tokens.none.
	BySplit map[string]int64
}

func (c *Counts) add(name, split string, n int64) {
	if c.BySplit == nil {
		c.BySplit = map[string]int64{}
	}
	c.BySplit[name+"."+cmp.Or(split, "none")] += n
}

// example counts an example with its labels.
func (c *Counts) example(kind task.Kind, e Example) {
	c.Examples++
	c.add("examples", e.Split, 1)
	switch kind {
	case task.Binary:
		c.add("positives", e.Split, int64(e.Label))
	case task.Multiclass:
		c.add("class."+strconv.Itoa(int(e.Label)), e.Split, 1)
	case task.Multilabel:
		c.add("pairs", e.Split, int64(len(e.Labels)))
	}
}

func (c *Counts) withoutTokens(split string, labels int64) {
	if labels > 0 {
		c.WithoutTokens += labels
		c.add("labels_without_tokens", split, labels)
	}
}

// Note writes the counts into the manifest: the examples, and what did not meet where
// there is any.
func (c Counts) Note(out *dataset.Writer) {
	for name, n := range map[string]int64{
		"texts_without_split": c.WithoutSplit, "texts_without_label": c.WithoutLabel,
		"texts_withdrawn": c.Withdrawn, "texts_replaced": c.Replaced,
	} {
		if n > 0 {
			out.Count(name, n)
		}
	}
	for name, n := range c.BySplit {
		out.Count(name, n)
	}
}

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
	split    map[int64]string      // by subject_id
	kind     task.Kind             // of the labels' task, "" where it is not told
	counts   *Counts
}

func (s Source) open(ctx context.Context, part int, counts *Counts) (*join, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	splits, err := split.Part(ctx, s.Split, part)
	if err != nil {
		return nil, err
	}
	j := &join{part: part, split: splits, counts: counts}
	for i, d := range s.Tokens {
		p := openPatients(ctx, d, task.TableTokens, part, func(row task.Tokens) int64 { return row.SubjectID })
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
		j.labels = openPatients(ctx, s.Labels, task.TableLabels, part, func(row task.Label) int64 { return row.SubjectID })
		j.labels.passed = func(row task.Label) { j.counts.withoutTokens(j.split[row.SubjectID], 1) }
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
	laid, err := j.lay(texts)
	if err != nil {
		return nil, err
	}
	labels, err := j.labelsOf(texts[0].SubjectID)
	if err != nil {
		return nil, err
	}
	var rows []Example
	for i, text := range texts {
		if laid[i] && len(text.InputIDs) == 0 {
			j.counts.Withdrawn++
			continue
		}
		if laid[i] {
			j.counts.Replaced++
		}
		label, labelled := labels.of(text)
		of, split := j.split[text.SubjectID]
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
	j.counts.withoutTokens(j.split[texts[0].SubjectID], labels.unmet())
	return rows, nil
}

// lay puts the rows of later tokens in the place of a patient's texts, and says which.
func (j *join) lay(texts []task.Tokens) ([]bool, error) {
	at := make(map[string]int, len(texts))
	for i, text := range texts {
		at[text.TextID] = i
	}
	if len(at) < len(texts) {
		return nil, exit.Errorf(exit.BadData, "%s: a text_id occurs twice in part %d; make the tokens again", j.texts.uri, j.part)
	}
	laid := make([]bool, len(texts))
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
			texts[k], laid[k] = row, true
		}
	}
	return laid, nil
}

func (j *join) noSuchText(overlay, rows int) error {
	if rows == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "%s: part %d has a text that %s does not have; bind the tokens of the texts that it was made of before it", j.overlays[overlay].uri, j.part, j.texts.uri)
}

func (j *join) labelsOf(subject int64) (*labels, error) {
	if j.labels == nil {
		return nil, nil
	}
	rows, _, err := j.labels.of(subject)
	if err != nil {
		return nil, err
	}
	l := &labels{rows: rows, met: make([]bool, len(rows)), byText: map[string]int{}, byAdmission: map[int64]int{}}
	for i, row := range rows {
		if row.TextID != "" {
			l.byText[row.TextID] = i
		} else {
			l.byAdmission[row.HadmID] = i
		}
	}
	if len(l.byText)+len(l.byAdmission) < len(rows) {
		return nil, exit.Errorf(exit.BadData, "%s: a text or an admission has two labels in part %d; make the labels again", j.labels.uri, j.part)
	}
	return l, nil
}

// labels are those of one patient.
type labels struct {
	rows        []task.Label
	met         []bool // whether the label has a text
	byText      map[string]int
	byAdmission map[int64]int
}

// of is the label of a text: its own, or else its admission's.
func (l *labels) of(text task.Tokens) (task.Label, bool) {
	if l == nil {
		return task.Label{}, false
	}
	i, ok := l.byText[text.TextID]
	if !ok && text.HadmID != 0 {
		i, ok = l.byAdmission[text.HadmID]
	}
	if !ok {
		return task.Label{}, false
	}
	l.met[i] = true
	return l.rows[i], true
}

// unmet is how many labels have no text.
func (l *labels) unmet() (n int64) {
	if l == nil {
		return 0
	}
	for _, met := range l.met {
		if !met {
			n++
		}
	}
	return n
}
