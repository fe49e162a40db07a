package before

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// codeTask is a task whose labels are the codes of an admission.
type codeTask struct {
	name        string // as vocabularies and predictions have it
	stage, what string
	table       string
	procedures  bool
	category    func(recipe) Category
}

// codeTasks by name.
var codeTasks = map[string]codeTask{
	"diag": {"diag", "label.diagnoses", "diagnosis (DIAG)", mimic.TableDiagnoses, false, func(r recipe) Category { return r.diagnosis }},
	"proc": {"proc", "label.procedures", "procedure (PROC)", mimic.TableProcedures, true, func(r recipe) Category { return r.procedure }},
}

func init() {
	for _, task := range codeTasks {
		stages.RegisterMap(task.spec(), func(_ *stages.Environment, config Cohort) (stages.Map, error) { return task.labelling(config) })
	}
}

func (t codeTask) spec() stages.Spec {
	s := labellingSpec(t.stage,
		"Makes the examples of "+t.what+" codes: one for each admission with a discharge summary and a code, its labels the set of its codes' categories, numbered by a vocabulary. "+
			"Categories that the vocabulary lacks are left out, and an admission may so have none. "+
			"The recipe clinical writes 9: or 10: and the first 3 characters of the code, 4 of ICD-9's external causes (E). "+
			"A vocabulary of another task, recipe or split is refused.", t.table)
	s.In = append(s.In, stages.Port{Name: portVocabulary, Kind: task.KindVocabulary, Doc: "the labels, by label.vocab with the same task, recipe and split"})
	return s
}

const portVocabulary = "vocabulary"

func (t codeTask) labelling(config Cohort) (stages.Map, error) {
	l, err := newLabelling(stages.Task{Name: t.name, MultiLabel: true}, config, nil)
	l.begin = func(w *walk, in stages.Inputs) (outcomes, error) {
		v, err := config.vocabulary(w.ctx, in, t.name)
		if err != nil {
			return nil, err
		}
		c := &coded{sets: sets{v.Labels}, out: w.out, numbers: v.Index(), category: t.category(l.recipe)}
		c.codes, err = beside(w, t.table, t.table+"_without_admission", func(*mimic.Code) bool { return true })
		return c, err
	}
	return l, err
}

// vocabulary reads the vocabulary and refuses one that does not fit: its numbers
// would mean other labels, or test patients would have had a say in them.
func (c Cohort) vocabulary(ctx context.Context, in stages.Inputs, task string) (vocabulary.Vocabulary, error) {
	d := in.One(portVocabulary)
	v, err := vocabulary.Read(ctx, d)
	if err != nil {
		return v, err
	}
	return v, c.fits(task, v, d.URI())
}

// fits compares the settings of a vocabulary, or of the step that will make it, with
// those of the examples.
func (c Cohort) fits(task string, v vocabulary.Vocabulary, from string) error {
	for _, key := range []struct {
		name      string
		has, want any
	}{
		{"task", v.Task, task}, {"recipe", v.Recipe, c.Recipe}, {"split", v.Split, c.Split}, {"split_seed", v.SplitSeed, c.SplitSeed},
	} {
		if key.has != key.want {
			return exit.Errorf(exit.BadData, "port %s: %s was made with %s %v, this step has %v; give it the label.vocab step with the same %[3]s",
				portVocabulary, from, key.name, key.has, key.want)
		}
	}
	return nil
}

const (
	dropNoCodes       = "dropped.no_codes"
	countIgnoredCodes = "codes_ignored"
)

// coded are the outcomes of label.diagnoses and label.procedures.
type coded struct {
	sets
	out      *dataset.PartWriter
	codes    *joined[mimic.Code]
	category Category
	numbers  map[string]int32
}

func (c *coded) of(a *admission, e *task.Example) (string, error) {
	rows, err := c.codes.of(a.stay())
	if err != nil {
		return "", err
	}
	found, ignored := c.category.labels(rows)
	c.out.Count(countIgnoredCodes, ignored)
	if len(found) == 0 {
		return dropNoCodes, nil
	}
	for _, label := range found {
		if number, listed := c.numbers[label]; listed {
			e.Labels = append(e.Labels, number)
		}
	}
	slices.Sort(e.Labels)
	return "", nil
}

// labels are the labels of an admission's codes, ordered and each once, and the
// number of rows without one.
func (c Category) labels(rows []mimic.Code) (labels []string, ignored int64) {
	for i := range rows {
		if label := c(int(rows[i].ICDVersion), rows[i].ICDCode); label != "" {
			labels = append(labels, label)
		}
	}
	ignored = int64(len(rows) - len(labels))
	slices.Sort(labels)
	return slices.Compact(labels), ignored
}

// CategoryOf is how a recipe makes the labels of a task of codes: of diag or proc.
func CategoryOf(task, recipe string) (Category, error) {
	t, known := codeTasks[task]
	if !known {
		return nil, exit.Errorf(exit.Usage, "no task %q of codes, only diag and proc", task)
	}
	r, err := recipeNamed(recipe)
	if err != nil {
		return nil, err
	}
	return t.category(r), nil
}
