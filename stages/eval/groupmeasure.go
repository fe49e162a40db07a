package eval

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/measures"
)

// measureGroups measures the examples of a key in each group. The examples of a multilabel
// task are read as many classes at a time as memory holds.
func (s subgroupStage) measureGroups(ctx context.Context, e examples, members []member, groups []*grouped) error {
	room, leave := takeRoom(s.memory)
	defer leave()
	if e.multiLabel {
		return s.measureGroupSets(ctx, e, members, groups, room)
	}
	c := e.columns(e.classes)
	if err := c.load(ctx, 0, e.classes); err != nil {
		return err
	}
	for _, g := range groups {
		draws := &resampling{Bootstrap: s.config.Bootstrap, measures: s.measures, room: room}
		if err := s.measureGroup(ctx, c.only(g.rows), g, draws); err != nil {
			return err
		}
	}
	if c.classes <= 2 {
		gaps := make([]float64, c.n)
		addGaps(gaps, c.logits.Binary(), auroc.Having(c.labels, 1))
		boundGaps(s.config.Bootstrap, members, gaps, 1, groups)
	}
	return nil
}

// measureGroup measures a group as eval.auroc does all examples.
func (s subgroupStage) measureGroup(ctx context.Context, c *columns, g *grouped, draws *resampling) error {
	r, err := measureSingleLabel(c, s.measures)
	if err != nil {
		return err
	}
	g.measured = measured{positives: int(r.Score.Positives), pairs: c.n, fewest: r.fewest, auroc: r.Score.AUROC, probabilities: probabilitiesOf(c)}
	if r.Score.AUROC == nil {
		return nil
	}
	err = draws.add(ctx, c)
	g.interval = intervalOf(*r.Score.AUROC, draws.replicates(), c.effective())
	return err
}

// probabilities are those of examples that have one class.
func probabilitiesOf(c *columns) Probabilities {
	if c.classes <= 2 {
		return of([]measures.Forecasts{forecasts(c.logits.Binary(), auroc.Having(c.labels, 1))}, false)
	}
	classes := make([]measures.Forecasts, c.classes)
	for k := range classes {
		for i, share := range c.logits.Share(k) {
			classes[k].Add(min(1, math.Exp(share)), c.labels[i] == int32(k))
		}
	}
	return of(classes, true)
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
