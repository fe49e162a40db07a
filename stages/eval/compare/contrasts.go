package compare

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/task"
)

// pair names two models that are compared, as Comparison does.
type pair struct{ a, b, against string }

// contrast is what two models differ by on a task, or in the mean over tasks.
type contrast struct {
	pair
	difference float64
	replicates eval.Drawn // of the difference; none where none were asked for
	permuted   []float64
	by         inference.Contributions
	effective  int
	patients   []int64
	examples   int // of the mean: those of a task of as many patients
	least      int // of the mean: the examples of the task with the fewest
	fewest     int // examples on either side of what is compared
	tasks      int // of the mean
	// Another task has few more examples, or patients, or few fewer (eval.Sizes).
	apart, patientsApart bool
}

// rivals are the pairs of a task's models that are compared, by their numbers.
func (s stage) rivals(all []*contender) (pairs []pair, numbers [][2]int) {
	if s.duel {
		if len(all) == 2 {
			return []pair{{all[0].Key.Variant, all[1].Key.Variant, predictions.PortCurrent}}, [][2]int{{0, 1}}
		}
		return nil, nil
	}
	for _, against := range []struct{ name, port string }{{AgainstVariant, predictions.PortVariants}, {AgainstBaseline, predictions.PortBaseline}, {AgainstOther, predictions.PortOther}} {
		for i, a := range all {
			for j, b := range all {
				if a.Key.Port != predictions.PortVariants || b.Key.Port != against.port || b.Key.Port == predictions.PortVariants && j <= i || b.Key.Port == predictions.PortOther && a.Key.Variant != b.Key.Variant {
					continue
				}
				pairs = append(pairs, pair{a.Key.Variant, b.Key.Variant, against.name})
				numbers = append(numbers, [2]int{i, j})
			}
		}
	}
	return pairs, numbers
}

// anyRivals fails where no two models are of one task.
func anyRivals(byTask map[string][]predictions.Examples) error {
	for _, all := range byTask {
		if len(all) > 1 {
			return nil
		}
	}
	return exit.Errorf(exit.Usage, "no task has predictions of two models, so there is nothing to compare; bind another variant's, a baseline, or name another run's in other_run")
}

// compareTask compares the models of a task. There are no contrasts where its examples
// hold no pair that an AUROC compares.
func (s stage) compareTask(ctx context.Context, all []predictions.Examples) ([]contrast, error) {
	room, leave := predictions.TakeRoom(s.memory)
	defer leave()
	c, err := s.contest(ctx, all, room)
	if err != nil || c.positives == 0 {
		return nil, err
	}
	return c.contrasts(ctx)
}

// contest takes the models of a task through their classes.
func (s stage) contest(ctx context.Context, all []predictions.Examples, room int64) (*contest, error) {
	if err := counterparts(all); err != nil {
		return nil, err
	}
	if err := align(ctx, all); err != nil {
		return nil, err
	}
	room /= int64(len(all))
	c := &contest{stage: s, width: all[0].Width(room), least: math.MaxInt, means: make([]auroc.Mean, len(all))}
	for _, e := range all {
		draws := &eval.Resampling{Bootstrap: s.config.Bootstrap, Measures: s.measures, Room: room}
		c.all = append(c.all, &contender{Examples: e, draws: draws, columns: e.Columns(c.span(e, 0))})
	}
	c.pairs, c.numbers = s.rivals(c.all)
	return c, c.run(ctx)
}

// meanContrasts are those of the mean over tasks: of each pair over the tasks that both
// have an AUROC of, draw by draw and permutation by permutation, which are of the same
// patients in all tasks.
func meanContrasts(tasks [][]contrast) []contrast {
	var order []pair
	byPair := map[pair][]contrast{}
	for _, contrasts := range tasks {
		for _, c := range contrasts {
			if byPair[c.pair] == nil {
				order = append(order, c.pair)
			}
			byPair[c.pair] = append(byPair[c.pair], c)
		}
	}
	slices.SortStableFunc(order, pair.compare)
	means := make([]contrast, len(order))
	for i, p := range order {
		means[i] = meanContrast(byPair[p])
	}
	return means
}

func meanContrast(all []contrast) contrast {
	mean := contrast{pair: all[0].pair, effective: math.MaxInt, fewest: math.MaxInt, least: math.MaxInt, tasks: len(all)}
	var drawn, permuted []eval.Drawn
	var by []inference.Contributions
	for _, c := range all {
		mean.difference += c.difference / float64(len(all))
		drawn, permuted, by = append(drawn, c.replicates), append(permuted, c.permuted), append(by, c.by)
		mean.apart, mean.patientsApart = mean.apart || c.apart, mean.patientsApart || c.patientsApart
		mean.least = min(mean.least, c.least)
		mean.effective, mean.fewest = min(mean.effective, c.effective), min(mean.fewest, c.fewest)
	}
	mean.replicates, mean.permuted = eval.MeanOf(drawn), eval.MeanOf(permuted)
	mean.by = inference.MeanContributions(by)
	mean.patients = mean.by.Patients
	differing := slices.DeleteFunc(by, func(c inference.Contributions) bool { return c.Effective() == 0 })
	if len(differing) > 1 && mean.effective > 1 { // of one, that of its own smaller side
		mean.effective = max(mean.effective, mean.by.Effective())
	}
	for _, c := range all {
		if len(c.patients) == len(mean.patients) && (mean.examples == 0 || c.examples < mean.examples) {
			mean.examples = c.examples
		}
	}
	return mean
}

// setApart says of the contrasts of tasks which are of few more or fewer than another's.
func setApart(names []string, all [][]contrast, tasks map[string]task.Task) {
	examples, patients := eval.Sizes{Of: map[string]int{}, Tasks: tasks}, eval.Sizes{Of: map[string]int{}, Tasks: tasks}
	for i, name := range names {
		for _, c := range all[i] {
			examples.Of[name], patients.Of[name] = c.examples, len(c.patients)
		}
	}
	apart, patientsApart := examples.TooAlike(), patients.TooAlike()
	for i, name := range names {
		for k := range all[i] {
			c := &all[i][k]
			c.apart, c.patientsApart = apart[name], apart[name] || patientsApart[name]
		}
	}
}

// compare is the order in which pairs are told.
func (p pair) compare(other pair) int {
	kinds := []string{AgainstVariant, AgainstBaseline, AgainstOther}
	return cmp.Or(
		cmp.Compare(slices.Index(kinds, p.against), slices.Index(kinds, other.against)),
		cmp.Compare(p.a, other.a), cmp.Compare(p.b, other.b))
}

// family tells contrasts that Holm's correction takes together.
func (s stage) family(contrasts []contrast) []Comparison {
	told, p := make([]Comparison, len(contrasts)), make([]float64, len(contrasts))
	for i, c := range contrasts {
		p[i] = c.by.PermutationP(c.difference, c.permuted, c.effective)
		told[i] = Comparison{A: c.a, B: c.b, Against: c.against, Patients: smallcell.Count(len(c.patients)), Tasks: c.tasks, Difference: c.difference, PPermutation: &p[i]}
		if bounds, p, ok := inference.OfDifference(c.difference, c.replicates, c.effective); ok {
			told[i].Interval, told[i].PBootstrap = (*eval.Interval)(&bounds), &p
		}
	}
	for i, corrected := range inference.Holm(p) {
		told[i].PHolm = &corrected
		if s.config.SmallCells == smallcell.Hide {
			told[i].hide(contrasts[i], s.config.Replicates > 0)
		}
	}
	return told
}

// hide leaves few digits of what is of few examples on a side: a difference of AUROCs
// in all its digits is a fraction of their pairs. A p-value is not rounded to a smaller one.
// Bounds that are asked for and are not there would tell of a single patient on a side:
// they are all that there may be, unless two models do not differ at all.
func (c *Comparison) hide(of contrast, bounded bool) {
	switch {
	case of.patientsApart:
		c.Patients = smallcell.Above
	case of.examples > 0:
		c.Patients = eval.PatientsOf(len(of.patients), of.examples)
	default:
		c.Patients = smallcell.Of(c.Patients)
	}
	few := smallcell.Small(of.fewest) || of.apart
	if c.Interval == nil && bounded && (few || c.Difference != 0) {
		c.Interval, c.PBootstrap = &eval.Interval{Low: -1, High: 1}, eval.Optional(1, true)
	}
	if !few {
		return
	}
	digits := eval.Coarse(of.least)
	c.SmallCells, c.Difference = true, digits(c.Difference)
	c.Interval.Round(digits)
	for _, p := range []*float64{c.PBootstrap, c.PPermutation, c.PHolm} {
		if p != nil {
			*p = math.Ceil(100**p) / 100
		}
	}
}
