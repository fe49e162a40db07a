// Package eval holds the stage that measures predictions; package report shows
// what it measured.
package eval

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
)

func init() { stages.RegisterReduce(aurocSpec(), newAuroc) }

func aurocSpec() stages.Spec {
	table := []string{shard.TablePredictions}
	return stages.Spec{
		Name:    "eval.auroc",
		Version: 2,
		Doc: "Computes the exact AUROC of each variant on each task: whole counts of pairs, one division, ties at mid-rank. " +
			"Two classes: the softmax score of the second. More: one-versus-one (Hand and Till) and one-versus-rest, macro. " +
			"Multi-label: by class over documents, on softmax and on sigmoid, mean over the classes that have both values. " +
			"A variant's macro_auroc is the mean over the tasks that it has an AUROC of, tasks_averaged their number. " +
			"Writes metrics.json and roc.json.",
		In: []stages.Port{
			{Name: portVariants, Kind: shard.KindPredictions, Tables: table, Sharded: true, Many: true, Doc: "Predictions of the variants; each variant and task in one dataset only."},
			{Name: portFloor, Kind: shard.KindPredictions, Tables: table, Sharded: true, Many: true, Optional: true, Doc: "Predictions of a bag-of-words model, such as train.bag_of_words leaves, that every variant should beat; one dataset a task, whatever variant it names."},
			{Name: portBest, Kind: shard.KindPredictions, Tables: table, Sharded: true, Many: true, Optional: true, Doc: "Predictions of the best possible model, known for synthetic data; one dataset a task, whatever variant it names."},
		},
		Out: stages.Output{Kind: shard.KindMetrics},
	}
}

// AUROCConfig configures eval.auroc.
type AUROCConfig struct {
	Split           string   `json:"split" default:"test" enum:"train,val,test" doc:"Split that is measured."`
	MultiLabel      []string `json:"multi_label" name:"true" default:"[\"diag\",\"proc\"]" doc:"Tasks whose examples have sets of labels; all others have one class each."`
	Multiclass      string   `json:"multiclass" default:"ovo" enum:"ovo,ovr" doc:"Which AUROC of a task of three classes or more counts: one-versus-one or one-versus-rest. Both are reported."`
	MultiLabelScore string   `json:"multi_label_score" default:"softmax" enum:"softmax,sigmoid" doc:"Which AUROC of a multi-label task counts. Softmax is what the paper's code does; both are reported."`
}

type aurocStage struct{ config AUROCConfig }

func newAuroc(c AUROCConfig) (stages.Reduce, error) { return aurocStage{c}, nil }

// Accumulate packs the logits and labels of a part by variant, task and block of
// classes.
func (s aurocStage) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	for _, port := range []string{portVariants, portFloor, portBest} {
		origin := map[groupKey]string{}
		for _, d := range in[port] {
			groups, err := s.collect(ctx, d, part, port)
			if err != nil {
				return err
			}
			for key, g := range groups {
				if first, twice := origin[key]; twice {
					return exit.Errorf(exit.Usage, "variant %s of task %s comes from two datasets, %s and %s; give each its own variant name", key.variant, key.task, first, d.URI())
				}
				origin[key] = d.URI()
				for _, b := range g.blocks() {
					emit(key.block(b.first), b.pack())
				}
			}
		}
	}
	return nil
}

// Merge joins blocks of the same classes; the order of their rows is free.
func (s aurocStage) Merge(_ string, accumulators [][]byte) ([]byte, error) {
	return joinBlocks(accumulators)
}

// Finish measures each task and writes metrics.json and roc.json.
func (s aurocStage) Finish(ctx context.Context, _ stages.Inputs, results []stages.Keyed, out *shard.Writer) error {
	metrics := Metrics{Split: s.config.Split, Variants: map[string]*Scores{}}
	curves := Curves{Variants: map[string]TaskCurves{}}
	tasks, err := gather(results)
	if err != nil {
		return err
	}
	if len(tasks) == 0 {
		return exit.Errorf(exit.BadData, "the predictions hold no example of split %s; predict that split, or choose another", s.config.Split)
	}
	for _, t := range tasks {
		score, curve, err := s.measure(ctx, t)
		if err != nil {
			return err
		}
		metrics.put(t.key, score)
		curves.put(t.key, curve)
		if t.key.port == portVariants {
			out.Count("examples."+t.key.variant+"."+t.key.task, int64(score.N))
		}
	}
	metrics.average()
	if err := out.WriteJSON(MetricsName, metrics); err != nil {
		return err
	}
	return out.WriteJSON(CurvesName, curves)
}
