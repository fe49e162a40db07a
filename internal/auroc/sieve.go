package auroc

import "math"

// sieve parts the line of scores into cells of one width, the first and the last of
// which have no end. The cell never falls as a score rises, so that of two scores in
// different cells it tells the order, however floating point rounds.
type sieve struct {
	from, scale float64
	last        int // cell
}

// For each distinct score of the rarer class there are so many cells that about one in
// thirty of the other's shares one with it; mostCells fit into a processor's first
// cache.
const (
	cellsForEach = 64
	mostCells    = 1 << 13
)

// sieveOf has cells between the lowest and the highest of sorted keys, of which there
// is at least one. Where these lie nearer or farther than float64 can divide, some
// cells have all scores.
func sieveOf(keys []uint64) sieve {
	cells := min(cellsForEach*len(keys), mostCells)
	from := min(max(scoreOf(keys[0]), -math.MaxFloat64), math.MaxFloat64)
	scale := float64(cells) / (scoreOf(keys[len(keys)-1]) - from)
	if !(scale > 0 && scale <= math.MaxFloat64) {
		scale = math.SmallestNonzeroFloat64
	}
	return sieve{from, scale, cells + 1}
}

// Of numbers from here on float64 has no fraction: the bits of two differ by as much as
// the numbers.
const (
	whole     = 1 << 52
	wholeBits = 0x433 << 52
)

// cell is the cell of a score, which is no NaN. Both bounds are kept without a branch.
func (s sieve) cell(score float64) int {
	at := int(math.Float64bits(float64((score-s.from)*s.scale) + (whole + 1))) // the conversion forbids to round once
	cell := at - wholeBits
	cell &^= (cell | at) >> 63
	beyond := cell - s.last
	return s.last + beyond&(beyond>>63)
}

// sift counts the scores of the examples whose label is not of where their cell has no
// score of the rarer class, and returns the rest, which are few.
func (c *comparison) sift(scores []float64, labels []bool, of bool) (undecided []float64, err error) {
	sieve := sieveOf(c.distinct[:len(c.copies)])
	shared := c.slot(sieve)
	undecided = c.scores[:0]
	for at := 0; ; at++ {
		if at += sieve.pass(scores[at:], &c.slots, c.placed, shared); at == len(scores) {
			return undecided, nil
		}
		if scores[at] != scores[at] {
			return nil, ErrNaN
		}
		if labels[at] != of {
			undecided = append(undecided, scores[at])
		}
	}
}

// pass counts scores up to one in a cell that is shared, or that is NaN, and returns its
// place. It is a function of its own so that all that the loop needs is in registers.
func (s sieve) pass(scores []float64, slots *[mostCells + 2]int32, placed []int, shared int32) int {
	for i, score := range scores {
		slot := slots[s.cell(score)]
		if slot == shared || score != score {
			return i
		}
		placed[slot]++
	}
	return len(scores)
}

// slot says of each cell where in placed its scores count: that of all cells which have
// a score of the rarer class is the one on lastKey, where no score is.
func (c *comparison) slot(s sieve) (shared int32) {
	shared = int32(2*len(c.copies) + 1)
	next := 0
	for i, key := range c.distinct[:len(c.copies)] {
		cell := s.cell(scoreOf(key))
		for ; next < cell; next++ {
			c.slots[next] = int32(2 * i)
		}
		c.slots[cell] = shared
		next = cell + 1
	}
	for ; next <= s.last; next++ {
		c.slots[next] = shared - 1
	}
	return shared
}
