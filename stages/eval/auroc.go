// Package eval holds the stage that measures predictions; package report shows
// what it measured.
package eval

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() { stages.RegisterReduce(aurocSpec(), newAuroc) }

func aurocSpec() stages.Spec {
	table := []string{task.TablePredictions}
	return stages.Spec{
		Name:    "eval.auroc",
		Version: 7,
		Doc: "Computes the exact AUROC of each variant on each task: whole counts of pairs, one division, ties at mid-rank. " +
			"The manifests of the predictions tell their tasks. Binary: the softmax score of the second class. Multiclass: one-versus-one (Hand and Till) and one-versus-rest, macro. " +
			"Multilabel: by label over documents, on softmax and on sigmoid, mean over the labels that have both values. " +
			"A variant's macro_auroc is the mean over the tasks that it has an AUROC of, tasks_averaged their number. " +
			"Intervals are of a bootstrap over patients; DeLong's stands beside that of a binary task. " +
			"Writes metrics.json and roc.json.",
		In: []stages.Port{
			{Name: portVariants, Kind: task.KindPredictions, Tables: table, Sharded: true, Many: true, Doc: "Predictions of the variants; each variant and task in one dataset only."},
			{Name: portBaseline, Kind: task.KindPredictions, Tables: table, Sharded: true, Many: true, Optional: true, Doc: "Predictions of a bag-of-words model, such as train.baseline leaves, that every variant should beat; one dataset a task, whatever variant it names."},
			{Name: portBest, Kind: task.KindPredictions, Tables: table, Sharded: true, Many: true, Optional: true, Doc: "Predictions of the best possible model, known for synthetic data; one dataset a task, whatever variant it names."},
		},
		Out: stages.Output{Kind: stages.KindMetrics},
	}
}

// AUROCConfig configures eval.auroc.
type AUROCConfig struct {
	Split  string `json:"split" default:"test" enum:"train,val,test" doc:"Split that is measured."`
	Recipe string `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"Which AUROC of a task counts where it has two; both are told (docs/evaluation.md). clinical: each class against all others, and each label by its sigmoid. paper: one-versus-one, and the softmax over all labels of a document, as in the study's public code."`
	Bootstrap
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether counts of one to nine are told. Hidden, they are \"<10\" in metrics.json, with what would give them away, and the AUROC of a task that has so few positives, negatives or examples of a class has two digits and no curve."`
}

type aurocStage struct {
	config   AUROCConfig
	measures auroc.Measures
	memory   *memory.Budget
}

func newAuroc(env *stages.Environment, c AUROCConfig) (stages.Reduce, error) {
	return aurocStage{c, auroc.MeasuresOf(c.Recipe), env.Memory}, nil
}

// Accumulate checks the predictions of a part and says where those of each key lie.
func (s aurocStage) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	if _, err := tasksOf(in); err != nil {
		return err
	}
	for _, port := range ports {
		for i, d := range in[port] {
			groups, err := s.collect(ctx, d, part, port)
			if err != nil {
				return err
			}
			for key, g := range groups {
				text, err := json.Marshal(tally{Dataset: i, Part: part, Classes: g.classes, N: g.n})
				if err != nil {
					return err
				}
				emit(key.String(), text)
			}
		}
	}
	return nil
}

// Merge measures a key: its scores are read, measured and let go here.
func (s aurocStage) Merge(ctx context.Context, in stages.Inputs, key string, accumulators [][]byte) ([]byte, error) {
	e, err := s.examplesOf(parseKey(key), in, accumulators)
	if err != nil {
		return nil, err
	}
	r, err := s.measure(ctx, e)
	if err != nil {
		return nil, err
	}
	if r.N = e.n; s.config.SmallCells == smallcell.Hide {
		r.hide()
	}
	return json.Marshal(r)
}

// Finish writes metrics.json and roc.json.
func (s aurocStage) Finish(_ context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	tasks, err := tasksOf(in)
	if err != nil {
		return err
	}
	metrics := Metrics{Split: s.config.Split, Recipe: s.config.Recipe, Tasks: map[string]Task{}, Variants: map[string]*Scores{}, Interval: s.config.settings()}
	measured := map[*Scores]map[string]result{}
	var curves Curves
	if len(results) == 0 {
		return exit.Errorf(exit.BadData, "the predictions hold no example of split %s; predict that split, or choose another", s.config.Split)
	}
	for _, keyed := range results {
		key, r := parseKey(keyed.Key), result{}
		if err := json.Unmarshal(keyed.Value, &r); err != nil {
			return fmt.Errorf("read a measured task: %w", err)
		}
		metrics.Tasks[key.task] = taskMeasured(tasks[key.task], s.config.SmallCells == smallcell.Show)
		metrics.put(key, r.Score)
		if measured[metrics.of(key)] == nil {
			measured[metrics.of(key)] = map[string]result{}
		}
		measured[metrics.of(key)][key.task] = r
		curves.put(key, r.Curve)
		if key.port == portVariants {
			out.Count("examples."+key.variant+"."+key.task, int64(r.N))
		}
	}
	metrics.average()
	for scores, results := range measured {
		scores.boundMacro(results)
	}
	if err := write(out, MetricsName, metrics); err != nil {
		return err
	}
	return write(out, CurvesName, curves)
}
