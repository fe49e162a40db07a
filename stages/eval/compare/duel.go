package compare

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// Duel compares the predictions of the port predictions.PortCandidate with those of
// predictions.PortCurrent, which may hold none.
type Duel struct {
	Split  string
	Recipe string // which AUROC of a task counts where it has two
	eval.Bootstrap
	Memory *memory.Budget
	// Same are tasks without predictions of the current model, as it is the candidate: it
	// differs by nothing.
	Same map[string]bool
}

// Outcome is what a candidate and the current model have on a task, or in the mean over
// tasks. Nil is what they do not have.
type Outcome struct {
	Candidate, Current *float64       // AUROC; of the means, over the tasks that each has
	Difference         *float64       // candidate less current, on the same patients
	Interval           *eval.Interval // of the difference; all that it may be where there are too few patients
	Tasks              int            // that a mean's difference is over
	Patients           int            // of the difference; of a candidate alone, its own
	Examples           int            // of a mean: those of the task with the fewest
	Fewest             int            // examples on the smaller side of what is compared
}

// Outcomes are those of the tasks, by name, and of the means over them.
type Outcomes struct {
	Tasks map[string]Outcome
	Macro Outcome
}

// Of compares. Other examples, or labels, on one side than on the other are refused, and
// so is a task that the current model has predictions of and the candidate none.
func (d Duel) Of(ctx context.Context, in stages.Inputs) (Outcomes, error) {
	s := stage{config: Config{Split: d.Split, Recipe: d.Recipe, Bootstrap: d.Bootstrap}, measures: auroc.MeasuresOf(d.Recipe), memory: d.Memory, duel: true}
	byTask, err := s.examples(ctx, in)
	if err != nil {
		return Outcomes{}, err
	}
	if len(byTask) == 0 {
		return Outcomes{}, s.selection().None()
	}
	all := Outcomes{Tasks: map[string]Outcome{}}
	var contrasts []contrast
	for _, name := range slices.Sorted(maps.Keys(byTask)) {
		models := slices.DeleteFunc(byTask[name], func(e predictions.Examples) bool { return e.N == 0 })
		if len(models) == 0 || models[0].Key.Port != predictions.PortCandidate {
			return Outcomes{}, exit.Errorf(exit.Usage, "task %s: the current adapter has predictions and the candidate none; give the candidate's of each task", name)
		}
		o, of, err := s.duelOf(ctx, models, d.Same[name])
		if err != nil {
			return Outcomes{}, err
		}
		all.Tasks[name] = o
		contrasts = append(contrasts, of...)
	}
	all.Macro = meanOutcome(all.Tasks, contrasts)
	return all, nil
}

// duelOf is the outcome of a task, with the contrast of its models where there are two.
func (s stage) duelOf(ctx context.Context, models []predictions.Examples, same bool) (o Outcome, of []contrast, err error) {
	room, leave := predictions.TakeRoom(s.memory)
	defer leave()
	c, err := s.contest(ctx, models, room)
	if err != nil {
		return o, nil, err
	}
	o = Outcome{Patients: len(c.all[0].columns.Patients.IDs), Tasks: 1, Examples: c.all[0].N, Fewest: c.fewest()}
	if c.positives == 0 {
		o.Fewest = 0
		return o, nil, nil
	}
	o.Candidate = &c.means[0].Value
	switch {
	case len(models) == 2:
		o.Current = &c.means[1].Value
		of, err = c.contrasts(ctx)
	case same:
		o.Current, of = o.Candidate, []contrast{c.alike()}
	}
	if len(of) > 0 {
		o.differ(of[0])
	}
	return o, of, err
}

// alike is the contrast of a model with itself.
func (c *contest) alike() contrast {
	columns := c.all[0].columns
	none := make([]float64, len(columns.Patients.IDs))
	by := inference.Contributions{Patients: columns.Patients.IDs, Swaps: none, Influences: none}
	return contrast{replicates: make(eval.Drawn, c.config.Replicates), by: by, effective: columns.Effective(), patients: columns.Patients.IDs, fewest: c.fewest(), tasks: 1}
}

func (o *Outcome) differ(c contrast) {
	o.Difference = &c.difference
	bounds, _, ok := inference.OfDifference(c.difference, c.replicates, c.effective)
	alike := c.difference == 0 && c.effective > 1 && !slices.ContainsFunc(c.replicates, func(r float64) bool { return r != 0 })
	if !ok && !alike {
		bounds = inference.Interval{Low: -1, High: 1}
	}
	o.Interval = (*eval.Interval)(&bounds)
}

// meanOutcome is that of the means over tasks: the AUROCs over all tasks that a side has,
// the difference over those that both have.
func meanOutcome(tasks map[string]Outcome, contrasts []contrast) (mean Outcome) {
	var candidate, current auroc.Mean
	mean.Examples, mean.Fewest = math.MaxInt, math.MaxInt
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		o := tasks[name]
		if o.Candidate != nil {
			candidate.Add(*o.Candidate, true)
		}
		if o.Current != nil {
			current.Add(*o.Current, true)
		}
		mean.Patients, mean.Examples, mean.Fewest = max(mean.Patients, o.Patients), min(mean.Examples, o.Examples), min(mean.Fewest, o.Fewest)
	}
	mean.Candidate, mean.Current = eval.Optional(candidate.Value, candidate.Used > 0), eval.Optional(current.Value, current.Used > 0)
	if len(contrasts) > 0 {
		of := meanContrast(contrasts)
		mean.Patients, mean.Tasks = len(of.patients), of.tasks
		mean.differ(of)
	}
	return mean
}
