package smallcell

import (
	"math"
	"slices"
)

// cell is a count and what is told of it.
type cell struct {
	n    int64
	told Count
}

// hide tells on which side of Limit a count lies.
func (c *cell) hide() {
	if c.told = Above; Small(c.n) {
		c.told = Below
	}
}

func toldOf(cells []*cell) []Count {
	told := make([]Count, len(cells))
	for i, c := range cells {
		told[i] = c.told
	}
	return told
}

// sum is a number and its parts. Without a total it is known by other means.
type sum struct {
	total *cell
	parts []*cell
}

// protect hides as many parts, the smallest first, as it takes that the sum and what is
// told leave nine values or more to each that is hidden: to a small one all from one to
// nine, for 1 + 10 of 11 follow from their sides of Limit, and of 3 + 12 beside a told 12
// that the hidden 12 is no larger tells that the 3 is no smaller. Such a range is what the
// field audits (Hundepool et al. 2012, chapter 4). Where all parts are not enough the total
// goes too, and where that is known by other means, the sides.
func (s sum) protect() (changed bool) {
	for !s.protected() {
		next := s.smallest()
		switch {
		case next != nil:
			next.hide()
		case s.total != nil:
			s.total.hide()
		default:
			return s.hideSides() || changed
		}
		changed = true
	}
	return changed
}

// protector hides what it takes that none of its cells follows.
type protector interface{ protect() (changed bool) }

// protectAll protects sums that have cells in common.
func protectAll(sums []protector) {
	for again := true; again; {
		again = false
		for _, s := range sums {
			again = s.protect() || again
		}
	}
}

// hideSides leaves of no hidden part on which side of Limit it lies.
func (s sum) hideSides() (changed bool) {
	for _, c := range s.parts {
		if c.told.Hidden() && c.told != Untold {
			c.told, changed = Untold, true
		}
	}
	return changed
}

// smallest is the part that is told and has the fewest, zero aside, the first of equal
// ones; nil where there is none.
func (s sum) smallest() (least *cell) {
	for _, c := range s.parts {
		if !c.told.Hidden() && c.n > 0 && (least == nil || c.n < least.n) {
			least = c
		}
	}
	return least
}

// known says whether the sum is: a small one is told nowhere.
func (s sum) known() bool {
	if s.total != nil {
		return !s.total.told.Hidden()
	}
	var n int64
	for _, c := range s.parts {
		n += c.n
	}
	return !Small(n)
}

// protected says whether none of the hidden cells follows.
func (s sum) protected() bool {
	next := s.smallest()
	var hidden []*cell
	var n, lows, highs int64 // of the hidden parts together
	for _, c := range s.parts {
		if c.told.Hidden() {
			low, high := c.bounds(next)
			hidden, n, lows, highs = append(hidden, c), n+c.n, lows+low, highs+high
		}
	}
	if !s.known() { // it follows where all parts are told
		return len(hidden) > 0 || next == nil || s.total == nil
	}
	return !slices.ContainsFunc(hidden, func(c *cell) bool {
		low, high := c.bounds(next)
		return min(high, n-lows+low)-max(low, n-highs+high) < Limit-2
	})
}

// bounds are what a hidden part may be by its side alone. One that was hidden for another's
// sake is no larger than the next that was not.
func (c *cell) bounds(next *cell) (low, high int64) {
	switch {
	case c.told == Below:
		return 1, Limit - 1
	case c.told == Untold:
		return 1, unbounded
	case next != nil && next.n >= c.n:
		return Limit, next.n
	}
	return Limit, unbounded
}

// unbounded is more than any count, and few enough to be added up.
const unbounded = math.MaxInt64 >> 20
