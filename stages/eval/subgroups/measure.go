package subgroups

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// measureGroups measures the examples of a key in each group. The examples of a multilabel
// task are read as many classes at a time as memory holds.
func (s stage) measureGroups(ctx context.Context, e predictions.Examples, members []predictions.Identity, groups []*grouped) error {
	room, leave := predictions.TakeRoom(s.memory)
	defer leave()
	if e.MultiLabel {
		return s.measureGroupSets(ctx, e, members, groups, room)
	}
	c := e.Columns(e.Classes)
	if err := c.Load(ctx, 0, e.Classes); err != nil {
		return err
	}
	for _, g := range groups {
		draws := &eval.Resampling{Bootstrap: s.config.Bootstrap, Measures: s.measures, Room: room}
		if err := s.measureGroup(ctx, c.Only(g.rows), g, draws); err != nil {
			return err
		}
	}
	if c.Classes <= 2 {
		gaps := make([]float64, c.N)
		addGaps(gaps, c.Logits.Binary(), auroc.Having(c.Labels, 1))
		boundGaps(s.config.Bootstrap, members, gaps, 1, groups)
	}
	return nil
}

// measureGroup measures a group as eval.auroc does all examples.
func (s stage) measureGroup(ctx context.Context, c *predictions.Columns, g *grouped, draws *eval.Resampling) error {
	r, err := eval.MeasureSingleLabel(c, s.measures)
	if err != nil {
		return err
	}
	g.measured = measured{positives: int(r.Score.Positives), pairs: c.N, fewest: r.Fewest, auroc: r.Score.AUROC, probabilities: probabilitiesOf(c)}
	if r.Score.AUROC == nil {
		return nil
	}
	err = draws.Add(ctx, c)
	g.bounded, g.interval = s.config.Replicates > 0, eval.IntervalOf(*r.Score.AUROC, draws.Drawn(), c.Effective())
	return err
}

// probabilities are those of examples that have one class.
func probabilitiesOf(c *predictions.Columns) eval.Probabilities {
	if c.Classes <= 2 {
		return eval.ProbabilitiesOf([]measures.Forecasts{forecasts(c.Logits.Binary(), auroc.Having(c.Labels, 1))}, false)
	}
	classes := make([]measures.Forecasts, c.Classes)
	for k := range classes {
		for i, share := range c.Logits.Share(k) {
			classes[k].Add(min(1, math.Exp(share)), c.Labels[i] == int32(k))
		}
	}
	return eval.ProbabilitiesOf(classes, true)
}

// forecasts are of events with these logits.
func forecasts(logits []float64, happened []bool) (f measures.Forecasts) {
	raw := measures.Identity(2)
	for i, logit := range logits {
		f.Add(raw.Sigmoid(logit), happened[i])
	}
	return f
}

// addGaps adds the probability less the outcome of an event to each example's sum.
func addGaps(gaps, logits []float64, happened []bool) {
	raw := measures.Identity(2)
	for i, logit := range logits {
		gaps[i] += raw.Sigmoid(logit)
		if happened[i] {
			gaps[i]--
		}
	}
}
