package subgroups

import (
	"context"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// measureGroupSets measures the labels of a set one by one, in every group, and averages
// over those that have both values there.
func (s stage) measureGroupSets(ctx context.Context, e predictions.Examples, members []predictions.Identity, groups []*grouped, room int64) error {
	width := e.Width(room / 2) // the other half is for a group's own columns
	c := e.Columns(width)
	sums, gaps := make([]setSum, len(groups)), make([]float64, e.N)
	draws := make([]*eval.Resampling, len(groups))
	for i := range draws {
		draws[i] = &eval.Resampling{Bootstrap: s.config.Bootstrap, Measures: s.measures, Room: room / 2}
	}
	for first := 0; first < e.Classes; first += width {
		if err := c.Load(ctx, first, min(width, e.Classes-first)); err != nil {
			return err
		}
		byClass, err := s.measureSets(ctx, c, groups, room)
		if err != nil {
			return err
		}
		for k, of := range byClass { // in the order of the classes, so that no bit moves
			addGaps(gaps, c.Logits.Column(k), c.HasOf(k))
			for i := range sums {
				sums[i].add(of[i])
			}
		}
		if s.config.Replicates == 0 {
			continue // nobody needs the groups' copies
		}
		for i, g := range groups {
			if err := draws[i].Add(ctx, c.Only(g.rows)); err != nil {
				return err
			}
		}
	}
	for i, g := range groups {
		g.measured = sums[i].measured()
		if g.auroc != nil {
			g.bounded, g.interval = s.config.Replicates > 0, eval.IntervalOf(*g.auroc, draws[i].Drawn(), g.effective(members))
		}
	}
	boundGaps(s.config.Bootstrap, members, gaps, e.Classes, groups)
	return nil
}

// setSum adds up the labels of a set.
type setSum struct {
	mean               auroc.Mean
	forecasts          measures.Forecasts // over all pairs
	ece                float64
	usedHave, usedLack int // of the labels that have an AUROC
}

// labelMeasure is what was measured of a label in a group.
type labelMeasure struct {
	count     auroc.Count
	forecasts measures.Forecasts
}

func (s *setSum) add(m labelMeasure) {
	s.forecasts.Merge(&m.forecasts)
	s.ece += m.forecasts.ECE()
	value, used := m.count.AUROC()
	if s.mean.Add(value, used); used {
		s.usedHave += m.count.Positives
		s.usedLack += m.count.Negatives
	}
}

func (s *setSum) measured() measured {
	f := &s.forecasts
	return measured{
		positives: f.Positives, pairs: f.N, fewest: min(s.usedHave, s.usedLack), auroc: eval.Optional(s.mean.Value, s.mean.Used > 0),
		probabilities: eval.Probabilities{Brier: f.Brier(), ECE: s.ece / float64(s.mean.Used+s.mean.Skipped), MeanPredicted: eval.Optional(f.MeanPredicted(), true)},
	}
}

// measureSets measures the loaded classes in all groups, [classes][groups].
func (s stage) measureSets(ctx context.Context, c *predictions.Columns, groups []*grouped, room int64) ([][]labelMeasure, error) {
	byClass := make([][]labelMeasure, c.Loaded)
	return byClass, predictions.SideBySide(ctx, "eval.subgroups, task "+c.Key.Task, c.Loaded, c.Workers(room), func(ctx context.Context, k int) (err error) {
		byClass[k] = make([]labelMeasure, len(groups))
		for i, g := range groups {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				byClass[k][i], err = s.measureSet(c, k, g)
			}
		}
		return err
	})
}

// measureSet measures label k of those loaded. Where the softmax is ranked, probabilities
// are the label's own all the same.
func (s stage) measureSet(c *predictions.Columns, k int, g *grouped) (m labelMeasure, err error) {
	logits, positive := predictions.Pick(c.Logits.Column(k), g.rows), predictions.Pick(c.HasOf(k), g.rows)
	m.forecasts = forecasts(logits, positive)
	if s.measures.MultiLabelScore == auroc.MeasureSoftmax {
		logits = predictions.Pick(c.Logits.Share(k), g.rows)
	}
	m.count, err = auroc.Of(logits, positive)
	return m, err
}
