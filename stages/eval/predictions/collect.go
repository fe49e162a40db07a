package predictions

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// Tally says what a part holds of a key: the accumulator of the stages that measure
// predictions. Scores stay in their files; Merge reads them there, as many at a time as
// memory takes.
type Tally struct {
	Dataset int `json:"dataset"` // its place among its port's
	Part    int `json:"part"`
	Classes int `json:"classes"` // logits of an example
	N       int `json:"n"`
	Val     int `json:"val"` // examples that a threshold and a calibration are fitted on
}

// Selection is which examples are read: those of the split that is measured, and those that
// a threshold and a calibration are fitted on. Fit "none" reads none of these.
type Selection struct{ Split, Fit string }

func (s Selection) fitsOn(split string) bool {
	return s.Fit != "none" && s.Fit != s.Split && split == s.Fit
}

// None is the error of predictions that hold no example to measure.
func (s Selection) None() error {
	return exit.Errorf(exit.BadData, "the predictions hold no example of split %s; predict that split, or choose another", s.Split)
}

// Accumulate checks the predictions of a part and says where those of each key lie.
func (s Selection) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	if _, err := TasksOf(in); err != nil {
		return err
	}
	for _, port := range Ports {
		for i, d := range in[port] {
			if err := s.AccumulateOf(ctx, port, i, d, part, emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// AccumulateOf does so for one dataset, which is the nth of its port.
func (s Selection) AccumulateOf(ctx context.Context, port string, nth int, d *dataset.Dataset, part int, emit func(string, []byte)) error {
	groups, err := s.collect(ctx, d, part, port)
	if err != nil {
		return err
	}
	for key, g := range groups {
		text, err := json.Marshal(Tally{Dataset: nth, Part: part, Classes: g.classes, N: g.n, Val: g.val})
		if err != nil {
			return err
		}
		emit(key.String(), text)
	}
	return nil
}

// group is the examples of one key in one part, while they are counted.
type group struct {
	of              task.Task
	classes, n, val int
	notFinite       int
}

// collect counts and checks the examples that are measured or fitted on in one part of a
// dataset.
func (s Selection) collect(ctx context.Context, d *dataset.Dataset, part int, port string) (map[Key]*group, error) {
	of, err := taskOf(d)
	if err != nil {
		return nil, err
	}
	groups := map[Key]*group{}
	for row, err := range dataset.Read[task.Prediction](ctx, d, task.TablePredictions, part) {
		if err != nil {
			return nil, err
		}
		measured := row.Split == s.Split
		if !measured && !s.fitsOn(row.Split) {
			continue
		}
		if row.Task != of.Name {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: an example is not of the task %s that the manifest tells; make the predictions again", d.URI(), part, of.Name)
		}
		key := Key{port, row.Variant, of.Name}
		if oneVariant(port) {
			key.Variant = port
		}
		g := groups[key]
		if g == nil {
			if !stages.NamePattern.MatchString(key.Variant) {
				return nil, exit.Errorf(exit.Usage, "%s: names of variants and tasks may hold letters, digits, _ . and - only", d.URI())
			}
			g = &group{of: of, classes: len(row.Logits)}
			groups[key] = g
		}
		if !g.add(row, measured) {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: task %s: an example's label is outside the task's %d, or its number of logits is not theirs", d.URI(), part, key.Task, of.NumLabels())
		}
	}
	for key, g := range groups {
		if g.notFinite > 0 {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: variant %s of task %s: %d of %d examples have a NaN or infinite logit; the training diverged, lower its learning rate", d.URI(), part, key.Variant, key.Task, g.notFinite, g.n+g.val)
		}
	}
	return groups, nil
}

// add counts a row, which is measured or fitted on, unless its labels or logits do not fit
// the task. Of a binary task one logit is enough: that of the positive class.
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
