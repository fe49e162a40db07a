package measures

import "github.com/clinflow/clinflow/internal/smallcell"

// cells is how finely probabilities are told apart in groups of a reliability curve.
const cells = 1000

// Reliability groups examples by their predicted probability, and follows what another
// map makes of it, such as a calibration.
type Reliability struct {
	cells [cells]cell
}

type cell struct {
	bin
	mapped Sum
}

func (c *cell) merge(other cell) {
	c.bin.merge(other.bin)
	c.mapped.Merge(other.mapped)
}

// Add adds an example with the probability p and what a map makes of it.
func (r *Reliability) Add(p, mapped float64, positive bool) {
	c := &r.cells[place(p, cells)]
	c.add(p, positive)
	c.mapped.Add(mapped)
}

// Merge adds other examples.
func (r *Reliability) Merge(other *Reliability) {
	for i := range r.cells {
		r.cells[i].merge(other.cells[i])
	}
}

// Group are examples of like probability.
type Group struct {
	N                               int
	MeanPredicted, Mapped, Observed float64
}

// Groups are about so many of about equal size, lowest probability first; probabilities
// less than a thousandth apart may stay in one. Where small cells are hidden none has one
// to nine examples with the event or without it: such groups are put together.
func (r *Reliability) Groups(about int, hide bool) []Group {
	var all cell
	for _, c := range r.cells {
		all.merge(c)
	}
	var groups []cell
	var open cell
	done := 0
	for _, c := range r.cells {
		open.merge(c)
		full := (done+open.n)*about >= all.n*(len(groups)+1)
		if open.n > 0 && full && !(hide && open.small()) {
			done += open.n
			groups, open = append(groups, open), cell{}
		}
	}
	if open.n > 0 {
		groups = append(groups, open)
	}
	for hide && len(groups) > 1 && groups[len(groups)-1].small() {
		last := len(groups) - 1
		groups[last-1].merge(groups[last])
		groups = groups[:last]
	}
	told := make([]Group, len(groups))
	for i, g := range groups {
		told[i] = g.group()
	}
	return told
}

func (c cell) small() bool {
	return smallcell.Small(c.n) || smallcell.Small(c.positives) || smallcell.Small(c.n-c.positives)
}

func (c cell) group() Group {
	n := float64(c.n)
	return Group{c.n, c.predicted.Value() / n, c.mapped.Value() / n, float64(c.positives) / n}
}
