package subgroups

import (
	"maps"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// ratio is a sum over examples, and of how many pairs it is.
type ratio struct{ sum, pairs float64 }

// boundGaps gives each group the interval of what is predicted less what is observed, by
// the same replicates as the AUROC's. gaps are the examples' sums of probability less
// outcome, over so many pairs each.
func boundGaps(b eval.Bootstrap, members []predictions.Identity, gaps []float64, pairs int, groups []*grouped) {
	byPatient, drawn := map[int64]map[int]ratio{}, make([][]ratio, len(groups))
	for i, g := range groups {
		drawn[i] = make([]ratio, b.Replicates)
		for _, row := range g.rows {
			of := byPatient[members[row].Subject]
			if of == nil {
				of = map[int]ratio{}
				byPatient[members[row].Subject] = of
			}
			of[i] = ratio{of[i].sum + gaps[row], of[i].pairs + float64(pairs)}
		}
	}
	for _, subject := range slices.Sorted(maps.Keys(byPatient)) { // so that no bit moves
		for replicate := range b.Replicates {
			weight := float64(inference.Weight(b.Seed, subject, replicate))
			for i, of := range byPatient[subject] {
				at := &drawn[i][replicate]
				at.sum, at.pairs = at.sum+weight*of.sum, at.pairs+weight*of.pairs
			}
		}
	}
	for i, g := range groups {
		g.gap = g.gapInterval(members, drawn[i])
	}
}

// gapInterval is nil where the examples give none.
func (g *grouped) gapInterval(members []predictions.Identity, drawn []ratio) *eval.Interval {
	values := make(eval.Drawn, len(drawn))
	for replicate, of := range drawn {
		if values[replicate] = of.sum / of.pairs; of.pairs == 0 {
			values[replicate] = math.NaN()
		}
	}
	observed := float64(g.positives) / float64(g.pairs)
	i, _, ok := inference.OfDifference(*g.probabilities.MeanPredicted-observed, values, g.effective(members))
	if !ok {
		return nil
	}
	return (*eval.Interval)(&i)
}
