package eval

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// The ports say what predictions are: a variant's, or those of the model that
// every variant should beat, or of the best possible one.
const (
	portVariants = "predictions"
	portBaseline = "baseline"
	portBest     = "known_best"
)

// groupKey names predictions that are measured together. Those of the baseline and
// of the best possible model are one variant, which has the port's name.
type groupKey struct{ port, variant, task string }

// String is the key as accumulators carry it.
func (k groupKey) String() string { return strings.Join([]string{k.port, k.variant, k.task}, "/") }

func parseKey(text string) groupKey {
	names := strings.Split(text, "/")
	return groupKey{names[0], names[1], names[2]}
}

// tally says what a part holds of a key: the accumulator of eval.auroc. Scores stay
// in their files; Merge reads them there, as many at a time as memory takes.
type tally struct {
	Dataset int `json:"dataset"` // its place among its port's
	Part    int `json:"part"`
	Classes int `json:"classes"`
	N       int `json:"n"`
}

// group is the examples of one key in one part, while they are counted.
type group struct {
	classes, n int
	multiLabel bool
	notFinite  int
}

// collect counts and checks the examples of the split in one part of a dataset.
func (s aurocStage) collect(ctx context.Context, d *dataset.Dataset, part int, port string) (map[groupKey]*group, error) {
	groups := map[groupKey]*group{}
	for row, err := range dataset.Read[task.Prediction](ctx, d, task.TablePredictions, part) {
		if err != nil {
			return nil, err
		}
		if row.Split != s.config.Split {
			continue
		}
		key := groupKey{port, row.Variant, row.Task}
		if port != portVariants {
			key.variant = port
		}
		g := groups[key]
		if g == nil {
			if !stages.NamePattern.MatchString(key.variant) || !stages.NamePattern.MatchString(key.task) {
				return nil, exit.Errorf(exit.Usage, "%s: names of variants and tasks may hold letters, digits, _ . and - only", d.URI())
			}
			g = &group{classes: len(row.Logits), multiLabel: slices.Contains(s.config.MultiLabel, row.Task)}
			groups[key] = g
		}
		if !g.add(row) {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: task %s: an example's label is outside its classes, or its number of logits is not that of the first example", d.URI(), part, key.task)
		}
	}
	for key, g := range groups {
		if g.notFinite > 0 {
			return nil, exit.Errorf(exit.BadData, "%s: part %d: variant %s of task %s: %d of %d examples have a NaN or infinite logit; the training diverged, lower its learning rate", d.URI(), part, key.variant, key.task, g.notFinite, g.n)
		}
	}
	return groups, nil
}

// add counts a row, unless its labels or logits do not fit.
func (g *group) add(row task.Prediction) bool {
	labels := row.Labels
	if !g.multiLabel {
		labels = []int32{row.Label}
	}
	outside := func(label int32) bool { return label < 0 || int(label) >= max(2, g.classes) }
	if len(row.Logits) != g.classes || g.classes == 0 || slices.ContainsFunc(labels, outside) {
		return false
	}
	if slices.ContainsFunc(row.Logits, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
		g.notFinite++
	}
	g.n++
	return true
}
