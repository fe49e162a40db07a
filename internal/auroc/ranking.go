package auroc

import "math/bits"

// Pool ranks the positives of a binary problem, which it holds, among negatives that
// are shown to it by and by: there may be more of them than memory takes, such as all
// pairs of a document and a label. Several may be shown side by side, each to a Tally
// of its own.
type Pool struct {
	c      comparison
	levels int
}

// Tally counts negatives that were shown.
type Tally struct {
	pool   *Pool
	placed []int
}

// PoolOf takes the positives' scores, none NaN; it keeps their order nowhere.
func PoolOf(positives []float64) *Pool {
	p := &Pool{}
	p.c.count(p.c.sorted(p.c.keysOf(positives)))
	p.levels = p.c.plant()
	return p
}

// Tally is a new one.
func (p *Pool) Tally() *Tally { return &Tally{p, make([]int, 2*len(p.c.distinct))} }

// Add shows a negative's score.
func (t *Tally) Add(score float64) {
	key, at := keyOf(score), uint64(1)
	for range t.pool.levels {
		_, below := bits.Sub64(t.pool.c.tree[at], key, 0)
		at = 2*at + below
	}
	at -= 1 << t.pool.levels
	equal := uint64(0)
	if t.pool.c.distinct[at] == key {
		equal = 1
	}
	t.placed[2*at+equal]++
}

// Merge adds what another one was shown.
func (t *Tally) Merge(other *Tally) {
	for i, n := range other.placed {
		t.placed[i] += n
	}
}

// staircase is that of the positives and what was shown. Each score of a positive is a
// step of its own.
func (t *Tally) staircase() Staircase {
	t.pool.c.placed = t.placed
	return t.pool.c.staircase()
}

// RankedOf is StaircaseOf, with each score of a positive as a step of its own.
func RankedOf(scores []float64, positive []bool) (Staircase, error) {
	c := comparisons.Get().(*comparison)
	defer comparisons.Put(c)
	positives, negatives, err := c.split(scores, positive)
	if err != nil {
		return nil, err
	}
	return c.steps(positives, negatives), nil
}

// AveragePrecision is Σ (R(i) − R(i−1)) P(i) over the scores of positives, highest
// first, with recall R and precision P of what scores as high or higher, as
// scikit-learn's average_precision_score has it. Each score of a positive must be a step
// of its own. It is undefined (false) without a positive or without a negative, as the
// AUROC is.
func (s Staircase) AveragePrecision() (float64, bool) {
	var tp, fp int
	var sum float64
	for _, step := range s {
		tp += step.positives
		fp += step.negatives
		if step.positives > 0 {
			sum += float64(step.positives) * float64(tp) / float64(tp+fp)
		}
	}
	if tp == 0 || fp == 0 {
		return 0, false
	}
	return sum / float64(tp), true
}
