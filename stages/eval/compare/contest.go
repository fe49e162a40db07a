package compare

import (
	"context"
	"runtime"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// contest is models of a task on the same examples, and what is gathered of them class
// after class.
type contest struct {
	stage
	all       []*contender
	width     int // classes at a time, where there are many
	pairs     []pair
	numbers   [][2]int // of the pairs' models
	exchanges []*inference.Exchange
	means     []auroc.Mean // of the models' AUROCs, in a duel
	// Of the binary problems that are used: positive and negative rows of all, and the
	// fewest of either in one.
	positives, negatives, least int
}

// run takes the models through their classes.
func (c *contest) run(ctx context.Context) error {
	for first := 0; first < c.all[0].Classes; first += c.span(c.all[0].Examples, first) {
		for _, model := range c.all {
			if err := model.columns.Load(ctx, first, c.span(model.Examples, first)); err != nil {
				return err
			}
			if err := model.draws.Add(ctx, model.columns); err != nil {
				return err
			}
		}
		if err := sameLabels(c.all); err != nil {
			return err
		}
		if err := c.exchange(ctx); err != nil {
			return err
		}
	}
	return nil
}

// span is how many classes are loaded from first on: of a task with one label an example
// all, of which a binary one may have one or two.
func (c *contest) span(e predictions.Examples, first int) int {
	if e.MultiLabel {
		return min(c.width, e.Classes-first)
	}
	return e.Classes
}

// exchange counts the loaded classes' binary problems into the exchanges, one after the
// other: the ranks of all models are in memory.
func (c *contest) exchange(ctx context.Context) error {
	if c.exchanges == nil {
		for range c.pairs {
			c.exchanges = append(c.exchanges, inference.NewExchange(c.all[0].columns.Patients))
		}
	}
	problems := make([][]predictions.Problem, len(c.all))
	for k, model := range c.all {
		problems[k] = model.columns.Problems(c.measures)
	}
	for i := range problems[0] {
		samples, ranks := make([]inference.Sample, len(c.all)), make([]inference.Ranks, len(c.all))
		err := c.sideBySide(ctx, len(c.all), func(k int) (err error) {
			samples[k] = problems[k][i]()
			ranks[k], err = inference.RanksOf(samples[k].Scores)
			return err
		})
		if err != nil {
			return err
		}
		if err := c.measure(samples); err != nil {
			return err
		}
		positive, patients := samples[0].Positive, samples[0].Patients
		err = c.sideBySide(ctx, len(c.pairs), func(k int) error {
			c.exchanges[k].Add(ranks[c.numbers[k][0]], ranks[c.numbers[k][1]], positive, patients)
			return nil
		})
		if err != nil {
			return err
		}
		c.count(positive)
	}
	return nil
}

// measure adds the models' AUROCs of a problem to their means, for a duel: what else is
// compared has been measured by eval.auroc.
func (c *contest) measure(samples []inference.Sample) error {
	if !c.duel {
		return nil
	}
	for k, s := range samples {
		count, err := auroc.Of(s.Scores, s.Positive)
		if err != nil {
			return err
		}
		value, defined := count.AUROC()
		c.means[k].Add(value, defined)
	}
	return nil
}

// count counts the rows of a problem, if an AUROC is to be had of it.
func (c *contest) count(positive []bool) {
	n := 0
	for _, p := range positive {
		if p {
			n++
		}
	}
	if others := len(positive) - n; n > 0 && others > 0 {
		c.positives, c.negatives = c.positives+n, c.negatives+others
		c.least = min(c.least, n, others)
	}
}

// fewest is the number of examples on the smaller side, as eval.auroc counts it.
func (c *contest) fewest() int {
	if c.all[0].MultiLabel {
		return min(c.positives, c.negatives)
	}
	return c.least
}

func (c *contest) sideBySide(ctx context.Context, n int, do func(i int) error) error {
	return predictions.SideBySide(ctx, "eval.compare, task "+c.all[0].Key.Task, n, runtime.GOMAXPROCS(0), func(_ context.Context, i int) error { return do(i) })
}

// contrasts are what was gathered of each pair.
func (c *contest) contrasts(ctx context.Context) ([]contrast, error) {
	columns := c.all[0].columns
	drawn := make([]eval.Drawn, len(c.all))
	for k, model := range c.all {
		drawn[k] = model.draws.Drawn()
	}
	contrasts := make([]contrast, len(c.pairs))
	err := c.sideBySide(ctx, len(c.pairs), func(i int) error {
		a, b := drawn[c.numbers[i][0]], drawn[c.numbers[i][1]]
		apart := make(eval.Drawn, len(a))
		for draw := range apart {
			apart[draw] = a[draw] - b[draw]
		}
		contrasts[i] = contrast{
			pair: c.pairs[i], difference: c.exchanges[i].Difference(), replicates: apart,
			permuted:  c.exchanges[i].Permuted(columns.Patients, c.config.Seed, c.config.Permutations),
			by:        c.exchanges[i].Contributions(columns.Patients),
			effective: columns.Effective(), patients: columns.Patients.IDs, examples: columns.N, least: columns.N, fewest: c.fewest(),
		}
		return nil
	})
	return contrasts, err
}
