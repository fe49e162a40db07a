package eval

import (
	"context"
	"runtime"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// scored visits the scores that an example has of events, and whether they happened.
type scored func(r predictions.Row, visit func(score float64, happened bool))

// ranked ranks all events that examples have scores of. Of positives it holds as many
// as room has, and passes over the examples twice for each so many.
func ranked(ctx context.Context, r predictions.Rows, events scored, positives, negatives int, room int64) (*auroc.Ranking, error) {
	ranges := []auroc.Range{auroc.All}
	if most := room / pooledBytes(); int64(positives) > most {
		all, err := predictions.Scan(ctx, r, func() *auroc.Histogram { return new(auroc.Histogram) }, func(h *auroc.Histogram, r predictions.Row) {
			events(r, func(score float64, happened bool) {
				if happened {
					h.Add(score)
				}
			})
		}, (*auroc.Histogram).Merge)
		if err != nil {
			return nil, err
		}
		ranges = all.Ranges(int(max(1, most)))
	}
	ranking := auroc.RankingOf(positives, negatives)
	for _, scores := range ranges {
		t, err := tallied(ctx, r, events, scores)
		if err != nil {
			return nil, err
		}
		ranking.Add(t)
	}
	return ranking, nil
}

// pooledBytes is about what a positive takes: its score, while it is collected and
// sorted, its place in a search tree, its step, and counts beside it by each worker.
func pooledBytes() int64 { return 128 + 16*int64(1+runtime.GOMAXPROCS(0)) }

// tallied ranks the events of a range of scores.
func tallied(ctx context.Context, r predictions.Rows, events scored, scores auroc.Range) (*auroc.Tally, error) {
	positives, err := predictions.Scan(ctx, r, func() *[]float64 { return new([]float64) }, func(positives *[]float64, r predictions.Row) {
		events(r, func(score float64, happened bool) {
			if happened && scores.Holds(score) {
				*positives = append(*positives, score)
			}
		})
	}, func(into, from *[]float64) { *into = append(*into, *from...) })
	if err != nil {
		return nil, err
	}
	return predictions.Scan(ctx, r, auroc.PoolOf(*positives).Tally, func(t *auroc.Tally, r predictions.Row) {
		events(r, func(score float64, happened bool) {
			if !happened && scores.Holds(score) {
				t.Add(score)
			}
		})
	}, (*auroc.Tally).Merge)
}

// pairs are an example's scores of each class, those that AUROC is of.
func (s aurocStage) pairs(r predictions.Row, visit func(score float64, has bool)) {
	var norm float64
	if r.Has == nil || s.measures.MultiLabelScore == auroc.MeasureSoftmax {
		norm = auroc.LogSumExp(r.Logits)
	}
	for k, logit := range r.Logits {
		visit(float64(logit)-norm, r.Has == nil && int(r.Label) == k || r.Has != nil && r.Has[k])
	}
}
