package inference

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/guard"
)

// Settings of a bootstrap.
type Settings struct {
	Replicates int
	Seed       int64
	Workers    int // blocks of 64 replicates that are drawn at a time, 64 bytes a patient each
}

// Bootstrap computes the AUROC of each order in each replicate, [orders][replicates]: it
// is that of the rows repeated by their patients' weights. It is NaN where these hold no
// positive or no negative row.
func (p Patients) Bootstrap(ctx context.Context, orders []*Order, s Settings) ([][]float64, error) {
	replicates := make([][]float64, len(orders))
	for i := range replicates {
		replicates[i] = make([]float64, s.Replicates)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, s.Workers))
	for first := 0; first < s.Replicates; first += lanes {
		group.Go(func() error {
			return guard.Do("bootstrap", func() error {
				drawn := p.draw(s.Seed, first)
				for i, o := range orders {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					block := o.weighted(drawn)
					copy(replicates[i][first:], block[:])
				}
				return nil
			})
		})
	}
	return replicates, group.Wait()
}

// weighted is the AUROC under the lanes' weights: pairs are counted in whole numbers, a
// win as two halves.
func (o *Order) weighted(drawn []weights) (aurocs [lanes]float64) {
	var below, positives, halfWins [lanes]uint64
	rows := o.patients
	next := func(n int32) (sum [lanes]uint64) {
		add(&sum, drawn, rows[:n])
		rows = rows[n:]
		return sum
	}
	for _, s := range o.steps {
		add(&below, drawn, rows[:s.below])
		rows = rows[s.below:]
		tied := next(s.tied)
		at := next(s.positives)
		for lane, n := range at {
			positives[lane] += n
			halfWins[lane] += n * (2*below[lane] + tied[lane])
			below[lane] += tied[lane]
		}
	}
	add(&below, drawn, rows)
	for lane := range aurocs {
		aurocs[lane] = math.NaN()
		if pairs := positives[lane] * below[lane]; pairs > 0 {
			aurocs[lane] = float64(halfWins[lane]) / float64(2*pairs)
		}
	}
	return aurocs
}

// together is how many weights of at most 13 fit into a byte's sum.
const together = 255 / 13

// add adds the weights of patients to their sums. Eight lanes are one number, until a
// byte might run over.
func add(sums *[lanes]uint64, drawn []weights, patients []int32) {
	for len(patients) > 0 {
		n := min(together, len(patients))
		var a, b, c, d, e, f, g, h uint64
		for _, patient := range patients[:n] {
			w := &drawn[patient]
			a, b, c, d = a+w[0], b+w[1], c+w[2], d+w[3]
			e, f, g, h = e+w[4], f+w[5], g+w[6], h+w[7]
		}
		for i, eight := range [words]uint64{a, b, c, d, e, f, g, h} {
			for lane := range 8 {
				sums[8*i+lane] += eight >> (8 * lane) & 0xff
			}
		}
		patients = patients[n:]
	}
}
