package eval

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/guard"
)

// measureGroupSets measures the labels of a set one by one, in every group, and averages
// over those that have both values there.
func (s subgroupStage) measureGroupSets(ctx context.Context, e examples, groups []*grouped, room int64) error {
	width := within(room/(cellBytes*int64(e.n)), e.classes)
	c := e.columns(width)
	sums := make([]setSum, len(groups))
	for first := 0; first < e.classes; first += width {
		if err := c.load(ctx, first, min(width, e.classes-first)); err != nil {
			return err
		}
		byClass, err := s.measureSets(ctx, c, groups, room)
		if err != nil {
			return err
		}
		for _, of := range byClass { // in the order of the classes, so that no bit moves
			for i := range sums {
				sums[i].add(of[i])
			}
		}
	}
	for i, g := range groups {
		g.measured = sums[i].measured()
	}
	return nil
}

// setSum adds up the labels of a set.
type setSum struct {
	mean               auroc.Mean
	positives, pairs   int
	usedHave, usedLack int // of the labels that have an AUROC
	predicted          float64
}

func (s *setSum) add(m measured) {
	s.positives += m.positives
	s.pairs += m.pairs
	s.predicted += *m.meanPredicted * float64(m.pairs)
	if m.auroc == nil {
		s.mean.Add(0, false)
		return
	}
	s.mean.Add(*m.auroc, true)
	s.usedHave += m.positives
	s.usedLack += m.pairs - m.positives
}

func (s *setSum) measured() measured {
	return measured{
		positives: s.positives, pairs: s.pairs, fewest: min(s.usedHave, s.usedLack),
		auroc: optional(s.mean.Value, s.mean.Used > 0), meanPredicted: optional(s.predicted/float64(s.pairs), true),
	}
}

// measureSets measures the loaded classes in all groups, [classes][groups].
func (s subgroupStage) measureSets(ctx context.Context, c *columns, groups []*grouped, room int64) ([][]measured, error) {
	byClass := make([][]measured, c.width)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(within(room/workShare/(workBytes*int64(c.n)), runtime.GOMAXPROCS(0)))
	for k := range c.width {
		group.Go(func() error {
			return guard.Do("eval.subgroups, task "+c.key.task, func() (err error) {
				byClass[k] = make([]measured, len(groups))
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
		})
	}
	return byClass, group.Wait()
}

// measureSet measures label k of those loaded. Where the softmax is ranked, probabilities
// are the label's own all the same.
func (s subgroupStage) measureSet(c *columns, k int, g *grouped) (measured, error) {
	logits, positive := pick(c.logits.Column(k), g.rows), pick(c.hasOf(k), g.rows)
	m := measured{pairs: len(logits), meanPredicted: optional(meanProbability(logits), true)}
	if s.measures.MultiLabelScore == auroc.MeasureSoftmax {
		logits = pick(c.logits.Share(k), g.rows)
	}
	count, err := auroc.Of(logits, positive)
	m.positives, m.auroc = count.Positives, optional(count.AUROC())
	return m, err
}
