// Package compare holds the stage that says which variants differ in AUROC.
package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/task"
)

func init() {
	table := []string{task.TablePredictions}
	stages.RegisterJob(stages.Spec{
		Name:    "eval.compare",
		Version: 3,
		Doc: "Says which variants differ in AUROC, on the same patients: each against each, against the baseline, and against the variant of the same name in another run, on each task and in the mean over tasks. " +
			"A difference has an interval and a p-value of a bootstrap over patients, and a p-value of a permutation test in which patients' ranks change models with all their admissions (Bandos, Rockette and Gur 2005), of the differences and of each by its standard error (Chung and Romano 2013). " +
			"Holm's correction is over the comparisons of a task, and over those of the mean. " +
			"Predictions of other examples, or with other labels, are refused. Writes comparisons.json.",
		In: []stages.Port{
			{Name: predictions.PortVariants, Kind: task.KindPredictions, Tables: table, Many: true, Doc: "Predictions of the variants; each variant and task in one dataset only."},
			{Name: predictions.PortBaseline, Kind: task.KindPredictions, Tables: table, Many: true, Optional: true, Doc: "Predictions of a bag-of-words model; one dataset a task, whatever variant it names."},
		},
		Out: stages.Output{Kind: stages.KindComparisons},
	}, func(env *stages.Environment, c Config) (stages.Job, error) {
		return stage{config: c, measures: auroc.MeasuresOf(c.Recipe), memory: env.Memory}, nil
	})
}

// Config configures eval.compare.
type Config struct {
	Split  string `json:"split" default:"test" enum:"train,val,test" doc:"Split that is compared on."`
	Recipe string `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"Which AUROC of a task counts where it has two, as in eval.auroc."`
	eval.Bootstrap
	OtherRun     []string `json:"other_run,omitempty" path:"manifest.json" doc:"Folders of predictions that another run left, of the same examples: each variant is compared with that of the same name there."`
	Permutations int      `json:"permutations" default:"10000" min:"1" max:"1000000" doc:"Permutations of the test; no p-value is below one by their number."`
	SmallCells   string   `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether counts of one to nine are told. Hidden, the figures of a task that has so few positives, negatives or examples of a class have two digits, of at most 100 examples one."`
}

type stage struct {
	config   Config
	measures auroc.Measures
	memory   *memory.Budget
	duel     bool // of a candidate and the current model, or of a candidate alone
}

func (s stage) selection() predictions.Selection { return predictions.Selection{Split: s.config.Split} }

// Run implements stages.Job. Of all variants of a task as many classes are in memory at
// a time as the budget holds.
func (s stage) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	in, err := s.withOther(ctx, in)
	if err != nil {
		return err
	}
	byTask, err := s.examples(ctx, in)
	if err != nil {
		return err
	}
	if len(byTask) == 0 {
		return s.selection().None()
	}
	if err := anyRivals(byTask); err != nil {
		return err
	}
	tasks, err := predictions.TasksOf(in)
	if err != nil {
		return err
	}
	told := Comparisons{Split: s.config.Split, Interval: s.config.Settings(), Permutations: s.config.Permutations, Tasks: map[string][]Comparison{}}
	names := slices.Sorted(maps.Keys(byTask))
	all := make([][]contrast, len(names))
	for i, name := range names {
		if all[i], err = s.compareTask(ctx, byTask[name]); err != nil {
			return err
		}
	}
	setApart(names, all, tasks)
	for i, name := range names {
		told.Tasks[name] = s.family(all[i])
	}
	told.Macro = s.family(meanContrasts(all))
	return eval.WriteJSON(out, FileName, told)
}

// Measured implements eval.Measuring.
func (s stage) Measured() eval.Measured {
	return eval.Measured{Split: s.config.Split, Recipe: s.config.Recipe}
}

// Check implements stages.Checked: what another run left must be predictions.
func (s stage) Check(ctx context.Context, _ stages.Givers) (faults []stages.Fault) {
	for i, uri := range s.config.OtherRun {
		d, err := dataset.Open(ctx, uri)
		if err == nil && d.Manifest.Kind != task.KindPredictions {
			err = exit.Errorf(exit.Usage, "%s holds %s, want predictions, such as train.predict leaves", uri, d.Manifest.Kind)
		}
		faults = append(faults, stages.FaultOf(fmt.Sprintf("other_run[%d]", i), err)...)
	}
	return faults
}

// withOther adds the predictions of the other run, which the configuration names, as if
// they were a port's. Nobody else has looked at their sums.
func (s stage) withOther(ctx context.Context, in stages.Inputs) (stages.Inputs, error) {
	in = maps.Clone(in)
	for _, uri := range s.config.OtherRun {
		d, err := dataset.Open(ctx, uri)
		if err == nil {
			err = d.Verify(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("other_run: %w", err)
		}
		in[predictions.PortOther] = append(in[predictions.PortOther], d)
	}
	return in, nil
}

// examples are those of all predictions, by task, in the order of their ports and
// variants.
func (s stage) examples(ctx context.Context, in stages.Inputs) (map[string][]predictions.Examples, error) {
	if _, err := predictions.TasksOf(in); err != nil {
		return nil, err
	}
	reads, tallies := s.selection(), map[predictions.Key][][]byte{}
	emit := func(key string, text []byte) {
		tallies[predictions.ParseKey(key)] = append(tallies[predictions.ParseKey(key)], text)
	}
	for _, port := range predictions.Ports {
		for i, d := range in[port] {
			for part := range d.Parts() {
				if err := reads.AccumulateOf(ctx, port, i, d, part, emit); err != nil {
					return nil, err
				}
			}
		}
	}
	byTask := map[string][]predictions.Examples{}
	for _, key := range slices.SortedFunc(maps.Keys(tallies), predictions.Key.Compare) {
		e, err := reads.ExamplesOf(key, in, tallies[key])
		if err != nil {
			return nil, err
		}
		byTask[key.Task] = append(byTask[key.Task], e)
	}
	return byTask, nil
}
