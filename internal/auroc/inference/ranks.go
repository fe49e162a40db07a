package inference

import (
	"cmp"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
)

// Ranks are those of a model's scores, [rows], doubled and less one so that a tie's
// mid-rank is whole: 1 is the lowest of n, 2n−1 the highest.
type Ranks []int32

// RanksOf returns auroc.ErrNaN where a score is NaN.
func RanksOf(scores []float64) (Ranks, error) {
	if slices.ContainsFunc(scores, math.IsNaN) {
		return nil, auroc.ErrNaN
	}
	type scored struct {
		score float64
		row   int32
	}
	order := make([]scored, len(scores))
	for row, score := range scores {
		order[row] = scored{score, int32(row)}
	}
	slices.SortFunc(order, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	ranks := make(Ranks, len(scores))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && order[to].score == order[from].score {
			to++
		}
		for _, s := range order[from:to] {
			ranks[s.row] = int32(from + to)
		}
		from = to
	}
	return ranks, nil
}

// placements are the half wins of each row over the rows of the other side, those of all
// models pooled by their ranks, [models][rows]: two for a win, one for a tie.
func placements(positive []bool, models ...Ranks) [][]int64 {
	var upTo [2][]int64 // rows of a side with at most that rank
	for side := range upTo {
		upTo[side] = make([]int64, 2*len(positive)+1)
	}
	for _, ranks := range models {
		for row, rank := range ranks {
			upTo[side(positive[row])][rank]++
		}
	}
	for side := range upTo {
		for rank := range 2 * len(positive) {
			upTo[side][rank+1] += upTo[side][rank]
		}
	}
	positives := upTo[1][2*len(positive)]
	wins := make([][]int64, len(models))
	for k, ranks := range models {
		wins[k] = make([]int64, len(ranks))
		for row, rank := range ranks {
			if positive[row] {
				wins[k][row] = upTo[0][rank] + upTo[0][rank-1]
			} else {
				wins[k][row] = 2*positives - upTo[1][rank] - upTo[1][rank-1]
			}
		}
	}
	return wins
}

func side(positive bool) int {
	if positive {
		return 1
	}
	return 0
}

// sides are the numbers of negative and of positive rows.
func sides(positive []bool) (n [2]int) {
	for _, p := range positive {
		n[side(p)]++
	}
	return n
}
