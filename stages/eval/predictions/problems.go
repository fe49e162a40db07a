package predictions

import (
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
)

// Problem makes one of the binary problems whose mean AUROC is a task's: its scores are
// in memory only while it is worked on.
type Problem func() inference.Sample

// Problems are those of the loaded classes: one of a binary task, one for each label of
// a multi-label one, and of a multiclass one those that auroc.OneVsOne and OneVsRest
// take the mean of.
func (c *Columns) Problems(m auroc.Measures) []Problem {
	switch {
	case c.MultiLabel:
		return each(c.Loaded, func(k int) inference.Sample { return c.sample(m.OfLabel(c.Logits, k), c.HasOf(k)) })
	case c.Classes <= 2:
		return each(1, func(int) inference.Sample { return c.sample(c.Logits.Binary(), auroc.Having(c.Labels, 1)) })
	case m.Multiclass == auroc.MeasureOvR:
		return each(c.Classes, c.oneVsRest)
	}
	return each(c.Classes*(c.Classes-1), func(i int) inference.Sample {
		k, rival := i/(c.Classes-1), i%(c.Classes-1)
		if rival >= k {
			rival++
		}
		return c.oneVsRest(k).Where(func(row int) bool { return c.Labels[row] == int32(k) || c.Labels[row] == int32(rival) })
	})
}

func each(n int, sample func(i int) inference.Sample) []Problem {
	all := make([]Problem, n)
	for i := range all {
		all[i] = func() inference.Sample { return sample(i) }
	}
	return all
}

func (c *Columns) oneVsRest(k int) inference.Sample {
	return c.sample(c.Logits.Share(k), auroc.Having(c.Labels, int32(k)))
}

func (c *Columns) sample(scores []float64, positive []bool) inference.Sample {
	return inference.Sample{Scores: scores, Positive: positive, Patients: c.Patients.Of}
}

// Effective is the effective number of patients: of a binary task that of its smaller
// side, of a mean over classes, some of which may be rare, that of all examples.
func (c *Columns) Effective() int {
	if c.Classes <= 2 && !c.MultiLabel {
		return c.sample(nil, auroc.Having(c.Labels, 1)).Effective()
	}
	return inference.Effective(c.Patients.Of, func(int) bool { return true })
}
