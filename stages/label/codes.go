package label

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

// codeTask is a task whose labels are the categories of an admission's codes.
type codeTask struct {
	name        string
	stage, what string
	table       string
	category    func(recipe.Recipe) recipe.Category
}

// codeTasks by name.
var codeTasks = map[string]codeTask{
	"diag": {"diag", "label.diagnoses", "diagnosis (DIAG)", mimic.TableDiagnoses, func(r recipe.Recipe) recipe.Category { return r.Diagnosis }},
	"proc": {"proc", "label.procedures", "procedure (PROC)", mimic.TableProcedures, func(r recipe.Recipe) recipe.Category { return r.Procedure }},
}

func init() {
	for _, t := range codeTasks {
		Register(stages.Spec{
			Name: t.stage, Version: 5,
			Doc: "Labels admissions by their " + t.what + " codes: the labels of an admission with a code are the set of its codes' categories, numbered by a label set. " +
				"Categories that the label set lacks are left out; an admission that has no other has no label, and is an example all the same. " +
				"The recipe clinical writes 9: or 10: and the first 3 characters of the code, 4 of ICD-9's external causes (E); core writes codes of ICD-9 as CORe does. " +
				"icd translates codes into one version of ICD first; a code that has no equivalent there has no category. A label set of another task, recipe or icd is refused.",
			In: []stages.Port{{Name: portLabelSet, Kind: task.KindLabelSet, Doc: "the labels, by label.set with the same task and recipe"}},
		}, []string{t.table}, func(config recipe.Codes) (Outcome, error) {
			r, err := config.New()
			return coding{t, config, r}, err
		})
	}
}

const portLabelSet = "label_set"

// coding is the outcome of label.diagnoses and label.procedures.
type coding struct {
	codeTask
	recipe.Codes
	recipe recipe.Recipe
}

// Planned is the task, whose labels the label set lists.
func (c coding) Planned() task.Task {
	return task.Task{Name: c.name, Kind: task.Multilabel, Recipe: c.Name(), Texts: onAdmission}
}

// Task is the label set's. One of another task or recipe is refused: its numbers
// would mean other labels.
func (c coding) Task(_ context.Context, in stages.Inputs) (task.Task, error) {
	d := in.One(portLabelSet)
	t, ok, err := task.Of(d)
	if err == nil && !ok {
		err = exit.Errorf(exit.BadData, "%s does not say what labels it lists; make it again with label.set", d.URI())
	}
	if err != nil {
		return t, err
	}
	return t, c.fits(t, d.URI())
}

// fits compares a label set, or that of the step that will make it, with the task.
func (c coding) fits(t task.Task, from string) error {
	for _, key := range []struct{ name, has, want string }{{"task", t.Name, c.name}, {"recipe", t.Recipe, c.Name()}} {
		if key.has != key.want {
			return exit.Errorf(exit.BadData, "port %s: %s was made with %s %s, this step has %s; give it the label.set step with the same %[3]s",
				portLabelSet, from, key.name, key.has, key.want)
		}
	}
	return nil
}

// Check compares the settings with those of the step that makes the label set.
func (c coding) Check(_ context.Context, in stages.Givers) []stages.Fault {
	from := in.One(portLabelSet)
	if from == nil {
		return nil
	}
	if s, ok := from.Built.(*labelSet); ok {
		return stages.FaultOf("in."+portLabelSet, c.fits(s.task(nil), "the step "+from.Step))
	}
	return nil
}

const countIgnoredCodes = "codes_ignored"

// coded is one part being labelled.
type coded struct {
	out      *dataset.PartWriter
	codes    *mimic.ByAdmission[mimic.Code]
	category recipe.Category
	numbers  map[string]int32 // of the labels
}

// Begin opens the codes of a part.
func (c coding) Begin(p *Part) (Labeller, error) {
	t, err := c.Task(p.Context, p.In)
	if err != nil {
		return nil, err
	}
	x := &coded{p.Out, Beside[mimic.Code](p, c.table, nil), c.category(c.recipe), t.Numbers()}
	return x.label, nil
}

func (c *coded) label(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	rows, err := c.codes.Of(a)
	if err != nil {
		return "", err
	}
	found, ignored := labelsOf(rows, c.category)
	c.out.Count(countIgnoredCodes, int64(len(ignored)))
	if len(found) == 0 {
		return "no_codes", nil
	}
	for _, label := range found {
		if number, listed := c.numbers[label]; listed {
			l.Labels = append(l.Labels, number)
		}
	}
	slices.Sort(l.Labels)
	return "", nil
}

// labelsOf are the labels of an admission's codes, ordered and each once, and the
// codes without one.
func labelsOf(rows []mimic.Code, category recipe.Category) (labels []string, ignored []mimic.Code) {
	for i := range rows {
		of := category(int(rows[i].ICDVersion), rows[i].ICDCode)
		if len(of) == 0 {
			ignored = append(ignored, rows[i])
		}
		labels = append(labels, of...)
	}
	slices.Sort(labels)
	return slices.Compact(labels), ignored
}
