// Package eval holds the stage that measures predictions. Package compare says which
// variants differ, subgroups measures them in groups of patients, and report shows it.
package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/task"
)

// StageName is the name of the stage that leaves metrics.json.
const StageName = "eval.auroc"

func init() { stages.RegisterReduce(aurocSpec(), newAuroc) }

func aurocSpec() stages.Spec {
	table := []string{task.TablePredictions}
	return stages.Spec{
		Name:    StageName,
		Version: 9,
		Doc: "Computes the exact AUROC of each variant on each task: whole counts of pairs, one division, ties at mid-rank. " +
			"The manifests of the predictions tell their tasks. Binary: the softmax score of the second class. Multiclass: one-versus-one (Hand and Till) and one-versus-rest, macro. " +
			"Multilabel: by label over documents, on softmax and on sigmoid, mean over the labels that have both values. " +
			"A variant's macro_auroc is the mean over the tasks that it has an AUROC of, tasks_averaged their number. " +
			"Intervals are of a bootstrap over patients; DeLong's stands beside that of a binary task. " +
			"Beside it: average precision, micro and weighted means, F1, precision, sensitivity and specificity, Brier score, calibration error and reliability; where the predictions hold val, at the threshold of the highest F1 there, and after a calibration that is fitted there (docs/evaluation.md). " +
			"Writes metrics.json, roc.json, classes.json (by class) and reliability.json.",
		In: []stages.Port{
			{Name: predictions.PortVariants, Kind: task.KindPredictions, Tables: table, Sharded: true, Many: true, Doc: "Predictions of the variants; each variant and task in one dataset only."},
			{Name: predictions.PortBaseline, Kind: task.KindPredictions, Tables: table, Sharded: true, Many: true, Optional: true, Doc: "Predictions of a bag-of-words model, such as train.baseline leaves, that every variant should beat; one dataset a task, whatever variant it names."},
			{Name: predictions.PortBest, Kind: task.KindPredictions, Tables: table, Sharded: true, Many: true, Optional: true, Doc: "Predictions of the best possible model, known for synthetic data; one dataset a task, whatever variant it names."},
		},
		Out: stages.Output{Kind: stages.KindMetrics},
	}
}

// AUROCConfig configures eval.auroc.
type AUROCConfig struct {
	Split  string `json:"split" default:"test" enum:"train,val,test" doc:"Split that is measured."`
	Recipe string `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"Which AUROC of a task counts where it has two; both are told (docs/evaluation.md). clinical: each class against all others, and each label by its sigmoid. paper: one-versus-one, and the softmax over all labels of a document, as in the study's public code."`
	Bootstrap
	Fit        string `json:"fit" default:"val" enum:"val,none" doc:"Split that a threshold and a calibration are fitted on, where the predictions hold it and it is not the one that is measured. none: they are left out."`
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether counts of one to nine are told. Hidden, they are \"<10\" in metrics.json, with what would give them away, and the AUROC of a task that has so few positives, negatives or examples of a class has two digits, of at most 100 examples one, and no curve."`
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
	return s.selection().Accumulate(ctx, in, part, emit)
}

func (s aurocStage) selection() predictions.Selection {
	return predictions.Selection{Split: s.config.Split, Fit: s.config.Fit}
}

func (s aurocStage) hides() bool { return s.config.SmallCells == smallcell.Hide }

// Merge measures a key: its scores are read, measured and let go here.
func (s aurocStage) Merge(ctx context.Context, in stages.Inputs, key string, accumulators [][]byte) ([]byte, error) {
	e, err := s.selection().ExamplesOf(predictions.ParseKey(key), in, accumulators)
	if err != nil {
		return nil, err
	}
	if e.N == 0 { // there are examples to fit on alone
		return json.Marshal(Result{})
	}
	r, err := s.measure(ctx, e)
	if err != nil {
		return nil, err
	}
	if r.N = e.N; s.hides() {
		r.hide()
	}
	return json.Marshal(r)
}

// keyedResult is what is left of a key that has examples to measure.
type keyedResult struct {
	key predictions.Key
	Result
}

func (s aurocStage) measured(results []stages.Keyed) (all []keyedResult, err error) {
	for _, keyed := range results {
		of := keyedResult{key: predictions.ParseKey(keyed.Key)}
		if err := json.Unmarshal(keyed.Value, &of.Result); err != nil {
			return nil, fmt.Errorf("read a measured task: %w", err)
		}
		if of.N > 0 {
			all = append(all, of)
		}
	}
	return all, nil
}

// Finish writes the files.
func (s aurocStage) Finish(_ context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	tasks, err := predictions.TasksOf(in)
	if err != nil {
		return err
	}
	measured, err := s.measured(results)
	if err != nil {
		return err
	}
	if len(measured) == 0 {
		return s.selection().None()
	}
	if s.hides() {
		hideApart(measured, tasks)
	}
	metrics := Metrics{Split: s.config.Split, Recipe: s.config.Recipe, Tasks: map[string]Task{}, Variants: map[string]*Scores{}, Interval: s.config.Settings()}
	byScores := map[*Scores]map[string]Result{}
	var curves Curves
	classes := Classes{Variants: map[string]map[string][]ClassScore{}}
	var reliability Reliability
	for _, of := range measured {
		key, r := of.key, of.Result
		metrics.Tasks[key.Task] = taskMeasured(tasks[key.Task], s.config.SmallCells == smallcell.Show)
		metrics.put(key, r.Score)
		if byScores[metrics.of(key)] == nil {
			byScores[metrics.of(key)] = map[string]Result{}
		}
		byScores[metrics.of(key)][key.Task] = r
		curves.put(key, r.Curve)
		r.name(tasks[key.Task].Labels)
		reliability.put(key, r.Reliability)
		if r.Classes != nil {
			classes.put(key, r.Classes)
		}
		if key.Port == predictions.PortVariants {
			out.Count("examples."+key.Variant+"."+key.Task, int64(r.N))
		}
	}
	metrics.average()
	for scores, results := range byScores {
		scores.boundMacro(results, s.hides())
	}
	return errors.Join(WriteJSON(out, MetricsName, metrics), WriteJSON(out, CurvesName, curves), WriteJSON(out, ClassesName, classes), WriteJSON(out, ReliabilityName, reliability))
}
