package eval

import (
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
)

// problem makes one of the binary problems whose mean AUROC is a task's: its scores are
// in memory only while it is worked on.
type problem func() inference.Sample

// problems are those of the loaded classes: one of a binary task, one for each label of
// a multi-label one, and of a multiclass one those that auroc.OneVsOne and OneVsRest
// take the mean of.
func (c *columns) problems(m auroc.Measures) []problem {
	switch {
	case c.multiLabel:
		return each(c.width, func(k int) inference.Sample { return c.sample(m.OfLabel(c.logits, k), c.hasOf(k)) })
	case c.classes <= 2:
		return each(1, func(int) inference.Sample { return c.sample(c.logits.Binary(), auroc.Having(c.labels, 1)) })
	case m.Multiclass == auroc.MeasureOvR:
		return each(c.classes, c.oneVsRest)
	}
	return each(c.classes*(c.classes-1), func(i int) inference.Sample {
		k, rival := i/(c.classes-1), i%(c.classes-1)
		if rival >= k {
			rival++
		}
		return c.oneVsRest(k).Where(func(row int) bool { return c.labels[row] == int32(k) || c.labels[row] == int32(rival) })
	})
}

func each(n int, sample func(i int) inference.Sample) []problem {
	all := make([]problem, n)
	for i := range all {
		all[i] = func() inference.Sample { return sample(i) }
	}
	return all
}

func (c *columns) oneVsRest(k int) inference.Sample {
	return c.sample(c.logits.Share(k), auroc.Having(c.labels, int32(k)))
}

func (c *columns) sample(scores []float64, positive []bool) inference.Sample {
	return inference.Sample{Scores: scores, Positive: positive, Patients: c.patients.Of}
}

// effective is the effective number of patients: of a binary task that of its smaller
// side, of a mean over classes, some of which may be rare, that of all examples.
func (c *columns) effective() int {
	if c.classes <= 2 && !c.multiLabel {
		return c.sample(nil, auroc.Having(c.labels, 1)).Effective()
	}
	return inference.Effective(c.patients.Of, func(int) bool { return true })
}
