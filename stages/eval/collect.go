package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// The ports say what predictions are: a variant's, or those of the baseline, which
// every variant should beat, of the best possible model, or of a variant in another run.
const (
	portVariants = "predictions"
	portBaseline = "baseline"
	portBest     = "known_best"
	portOther    = "other_run"
)

var ports = []string{portVariants, portBaseline, portBest, portOther}

// oneVariant says whether all predictions of a port are of one variant, which has the
// port's name.
func oneVariant(port string) bool { return port == portBaseline || port == portBest }

// groupKey names predictions that are measured together. Those of the baseline and
// of the best possible model are one variant, which has the port's name.
type groupKey struct{ port, variant, task string }

// String is the key as accumulators carry it.
func (k groupKey) String() string { return strings.Join([]string{k.port, k.variant, k.task}, "/") }

func parseKey(text string) groupKey {
	names := strings.Split(text, "/")
	return groupKey{names[0], names[1], names[2]}
}

// taskOf is what predictions are of, as their manifest says.
func taskOf(d *dataset.Dataset) (task.Task, error) {
	of, told, err := task.Of(d)
	switch {
	case err != nil:
		return of, err
	case !told:
		return of, exit.Errorf(exit.BadData, "%s: the manifest of these predictions tells no task; make them again with this version, or let the stage that makes them say it", d.URI())
	case of.Kind == task.LanguageModeling:
		return of, exit.Errorf(exit.BadData, "%s: the task %s has no labels, so there is no AUROC", d.URI(), of.Name)
	case !stages.NamePattern.MatchString(of.Name):
		return of, exit.Errorf(exit.Usage, "%s: names of variants and tasks may hold letters, digits, _ . and - only", d.URI())
	}
	return of, nil
}

// tasksOf are the tasks of all predictions by name. Datasets of one name whose tasks
// differ are refused: their labels would be compared though they mean other things.
func tasksOf(in stages.Inputs) (map[string]task.Task, error) {
	tasks, from := map[string]task.Task{}, map[string]string{}
	for _, port := range ports {
		for _, d := range in[port] {
			of, err := taskOf(d)
			if err != nil {
				return nil, err
			}
			if first, seen := tasks[of.Name]; seen && !reflect.DeepEqual(first, of) {
				return nil, exit.Errorf(exit.BadData, "%s and %s are of the task %s, with other labels, or another recipe, split or release; measure predictions for the same labels", from[of.Name], d.URI(), of.Name)
			}
			if from[of.Name] == "" {
				tasks[of.Name], from[of.Name] = of, d.URI()
			}
		}
	}
	return tasks, nil
}

// tally says what a part holds of a key: the accumulator of eval.auroc. Scores stay
// in their files; Merge reads them there, as many at a time as memory takes.
type tally struct {
	Dataset int `json:"dataset"` // its place among its port's
	Part    int `json:"part"`
	Classes int `json:"classes"` // logits of an example
	N       int `json:"n"`
	Val     int `json:"val"` // examples that a threshold and a calibration are fitted on
}

// group is the examples of one key in one part, while they are counted.
type group struct {
	of              task.Task
	classes, n, val int
	notFinite       int
}

// collect counts and checks the examples that are measured or fitted on in one part of a
// dataset.
func (s aurocStage) collect(ctx context.Context, d *dataset.Dataset, part int, port string) (map[groupKey]*group, error) {
	of, err := taskOf(d)
	if err != nil {
		return nil, err
	}
	groups := map[groupKey]*group{}
	for row, err := range dataset.Read[task.Prediction](ctx, d, task.TablePredictions, part) {
		if err != nil {
			return nil, err
		}
		measured := row.Split == s.config.Split
		if !measured && !s.config.fitsOn(row.Split) {
			continue
		}
		if row.Task != of.Name {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: an example is not of the task %s that the manifest tells; make the predictions again", d.URI(), part, of.Name)
		}
		key := groupKey{port, row.Variant, of.Name}
		if oneVariant(port) {
			key.variant = port
		}
		g := groups[key]
		if g == nil {
			if !stages.NamePattern.MatchString(key.variant) {
				return nil, exit.Errorf(exit.Usage, "%s: names of variants and tasks may hold letters, digits, _ . and - only", d.URI())
			}
			g = &group{of: of, classes: len(row.Logits)}
			groups[key] = g
		}
		if !g.add(row, measured) {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: task %s: an example's label is outside the task's %d, or its number of logits is not theirs", d.URI(), part, key.task, of.NumLabels())
		}
	}
	for key, g := range groups {
		if g.notFinite > 0 {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: variant %s of task %s: %d of %d examples have a NaN or infinite logit; the training diverged, lower its learning rate", d.URI(), part, key.variant, key.task, g.notFinite, g.n+g.val)
		}
	}
	return groups, nil
}

// add counts a row, which is measured or fitted on, unless its labels or logits do not fit the task. Of a binary task
// one logit is enough: that of the positive class.
func (g *group) add(row task.Prediction, measured bool) bool {
	labels := row.Labels
	if !g.of.Multilabel() {
		labels = []int32{row.Label}
	}
	outside := func(label int32) bool { return label < 0 || int(label) >= g.of.NumLabels() }
	single := g.of.Kind == task.Binary && g.classes == 1
	if len(row.Logits) != g.classes || g.classes != g.of.NumLabels() && !single || slices.ContainsFunc(labels, outside) {
		return false
	}
	if slices.ContainsFunc(row.Logits, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
		g.notFinite++
	}
	if measured {
		g.n++
	} else {
		g.val++
	}
	return true
}

// examples are the predictions of a key where they lie: in parts of one dataset.
type examples struct {
	key        groupKey
	split      string
	dataset    *dataset.Dataset
	parts      []tally // those that hold some
	fitOn      []tally // those that hold some to fit on
	n, classes int
	multiLabel bool
	places     []int32 // [n]: where an example stands among the columns'; nil: as it lies
}

// examplesOf puts the tallies of a key together. Examples of two datasets, or with
// different numbers of logits, are an error.
func (s aurocStage) examplesOf(key groupKey, in stages.Inputs, accumulators [][]byte) (e examples, err error) {
	e = examples{key: key, split: s.config.Split}
	for _, text := range accumulators {
		var t tally
		if err := json.Unmarshal(text, &t); err != nil {
			return e, fmt.Errorf("read an accumulator of eval.auroc: %w", err)
		}
		from := in[key.port][t.Dataset]
		if t.Val > 0 {
			e.fitOn = append(e.fitOn, t)
		}
		switch {
		case t.N == 0:
			continue
		case len(e.parts) == 0:
			e.dataset, e.classes = from, t.Classes
		case t.Dataset != e.parts[0].Dataset:
			return e, exit.Errorf(exit.Usage, "variant %s of task %s comes from two datasets, %s and %s; give each its own variant name", key.variant, key.task, e.dataset.URI(), from.URI())
		case t.Classes != e.classes:
			return e, exit.Errorf(exit.BadData, "%s: parts differ in their examples' number of logits; predict them with one model", from.URI())
		}
		e.parts = append(e.parts, t)
		e.n += t.N
	}
	if e.n == 0 {
		return e, nil
	}
	of, err := taskOf(e.dataset)
	e.multiLabel = of.Multilabel()
	return e, err
}

// val are the examples of the same dataset that are fitted on.
func (e examples) val() examples {
	v := e
	v.split, v.n, v.parts = split.Val, 0, nil
	for _, t := range e.fitOn {
		if t.Dataset == e.parts[0].Dataset && t.Classes == e.classes {
			t.N = t.Val
			v.parts, v.n = append(v.parts, t), v.n+t.N
		}
	}
	return v
}

// hold says whether a row is one of the examples.
func (e examples) hold(row task.Prediction) bool {
	return row.Split == e.split && (oneVariant(e.key.port) || row.Variant == e.key.variant)
}
