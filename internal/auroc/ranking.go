package auroc

// Pool ranks the positives of a binary problem, which it holds, among negatives that
// are shown to it by and by: there may be more of them than memory takes, such as all
// pairs of a document and a label. Several may be shown side by side, each to a Tally
// of its own.
type Pool struct{ c comparison }

// Tally counts negatives that were shown.
type Tally struct {
	c     comparison // the tree is its pool's
	shown []uint64   // keys that are not placed yet
}

// shownAtOnce are placed together: of a tree that the cache does not hold it costs a
// tenth to look up so many in their order.
const shownAtOnce = 1 << 18

// PoolOf takes the positives' scores, none NaN; it keeps their order nowhere.
func PoolOf(positives []float64) *Pool {
	p := &Pool{}
	p.c.count(p.c.sorted(p.c.keysOf(positives)))
	p.c.plant()
	p.c.keys, p.c.spare = nil, nil
	return p
}

// Tally is a new one.
func (p *Pool) Tally() *Tally {
	return &Tally{c: comparison{distinct: p.c.distinct, copies: p.c.copies, tree: p.c.tree, placed: make([]int, 2*len(p.c.distinct))}}
}

// Add shows a negative's score.
func (t *Tally) Add(score float64) {
	if t.shown = append(t.shown, keyOf(score)); len(t.shown) == shownAtOnce {
		t.place()
	}
}

// place places what was shown.
func (t *Tally) place() {
	t.c.place(t.c.inOrder(t.shown))
	t.shown = t.shown[:0]
}

// Merge adds what another one was shown.
func (t *Tally) Merge(other *Tally) {
	other.place()
	for i, n := range other.c.placed {
		t.c.placed[i] += n
	}
}

// staircase is that of the positives and what was shown. Each score of a positive is a
// step of its own.
func (t *Tally) staircase() Staircase {
	t.place()
	return t.c.staircase()
}

// RankedOf is StaircaseOf, with each score of a positive as a step of its own.
func RankedOf(scores []float64, positive []bool) (Staircase, error) {
	c := comparisons.Get().(*comparison)
	defer comparisons.Put(c)
	return c.steps(scores, positive, true)
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
