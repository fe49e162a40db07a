package auroc

// Range is a range of scores.
type Range struct{ from, to uint64 } // of the first bits of keys

// All are all scores.
var All = Range{0, buckets}

// bucketBits are the first bits of a key that ranges are told apart by: sign, exponent
// and four bits of the fraction.
const (
	bucketBits = 16
	buckets    = 1 << bucketBits
)

func bucketOf(score float64) uint64 { return keyOf(score) >> (64 - bucketBits) }

// Holds says whether a score is in the range.
func (r Range) Holds(score float64) bool {
	b := bucketOf(score)
	return b >= r.from && b < r.to
}

// Histogram counts scores where they are too many to hold.
type Histogram [buckets]int

// Add counts a score.
func (h *Histogram) Add(score float64) { h[bucketOf(score)]++ }

// Merge adds what another one counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// Ranges are ranges that hold at most so many of the scores each, highest first, and
// all scores together. One that is too narrow to be cut may hold more.
func (h *Histogram) Ranges(most int) []Range {
	ranges, held := []Range{{buckets, buckets}}, 0
	for b := buckets - 1; b >= 0; b-- {
		last := &ranges[len(ranges)-1]
		if held > 0 && held+h[b] > most {
			ranges, held = append(ranges, Range{last.from, last.from}), 0
			last = &ranges[len(ranges)-1]
		}
		last.from = uint64(b)
		held += h[b]
	}
	return ranges
}

// Ranking follows a binary problem from the highest score to the lowest, a range of
// scores after the other.
type Ranking struct {
	count     Count
	tp, fp    int
	precision float64
	f1, score float64
}

// RankingOf is that of so many examples.
func RankingOf(positives, negatives int) *Ranking {
	return &Ranking{count: Count{Positives: positives, Negatives: negatives}}
}

// Add adds the next range, once its positives were shown its negatives.
func (r *Ranking) Add(t *Tally) {
	next := len(t.c.copies)
	for _, step := range t.staircase() {
		r.tp += step.positives
		r.fp += step.negatives
		if step.positives == 0 {
			continue
		}
		next--
		below := r.count.Negatives - r.fp
		r.count.add(uint64(step.positives), 2*uint64(below)+uint64(step.negatives))
		r.precision += float64(step.positives) * float64(r.tp) / float64(r.tp+r.fp)
		if f1 := 2 * float64(r.tp) / float64(r.tp+r.fp+r.count.Positives); f1 > r.f1 {
			r.f1, r.score = f1, scoreOf(t.c.distinct[next])
		}
	}
}

// AUROC is that of all ranges.
func (r *Ranking) AUROC() (float64, bool) { return r.count.AUROC() }

// AveragePrecision is that of all ranges, as a Staircase has it.
func (r *Ranking) AveragePrecision() (float64, bool) {
	if r.count.Positives == 0 || r.count.Negatives == 0 {
		return 0, false
	}
	return r.precision / float64(r.count.Positives), true
}

// HighestF1 is the score at or above which to say yes so that F1, 2TP/(2TP+FP+FN), is
// highest: a positive's, for each score below it down to the next positive's adds false
// positives alone. Of equal ones it is the highest score. It is undefined (false)
// without a positive.
func (r *Ranking) HighestF1() (score float64, defined bool) { return r.score, r.count.Positives > 0 }
