package smallcell

import (
	"maps"
	"slices"
	"strings"
)

// Table tells counts of things by split, [things][splits]. The sum of one thing over the
// splits is known, as what was split is counted elsewhere, and any of its counts may be:
// the examples of the test stand beside their AUROC. So each two of them are a known sum,
// and all are told or none, zero aside. Several things are the parts of each split, whose
// sum is known too.
func Table[N ~int | ~int64](things [][]N) [][]Count {
	rows, columns, sums := make([][]*cell, len(things)), map[int][]*cell{}, []protector(nil)
	for i, thing := range things {
		for k, n := range thing {
			c := &cell{int64(n), Of(n)}
			rows[i], columns[k] = append(rows[i], c), append(columns[k], c)
		}
		sums = append(sums, whole(rows[i]))
	}
	for k := range len(columns) {
		if len(things) > 1 { // else it is no sum
			sums = append(sums, sum{parts: columns[k]})
		}
	}
	protectAll(sums)
	told := make([][]Count, len(rows))
	for i, row := range rows {
		told[i] = toldOf(row)
	}
	return told
}

// whole are counts of one thing by split.
type whole []*cell

// protect tells all or none, zero aside, and of none on which side of Limit it lies: 9 + 9
// of 18 would follow, and which sums tell their sides tells of them too.
func (w whole) protect() (changed bool) {
	if !slices.ContainsFunc(w, func(c *cell) bool { return c.told.Hidden() }) {
		return false
	}
	for _, c := range w {
		if c.n > 0 && c.told != Untold {
			c.told, changed = Untold, true
		}
	}
	return changed
}

// splitsOf lists the counts by split of a manifest: of one thing, those whose names differ
// in their ending alone, and the examples that a model was trained and validated on.
func splitsOf(cells map[string]*cell) (wholes []protector) {
	things := map[string]whole{}
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		for _, split := range []string{"train", "val", "test"} {
			thing, of := strings.CutSuffix(name, "."+split)
			if !of {
				thing, of = strings.CutPrefix(name, split+"_")
			}
			if of {
				things[thing] = append(things[thing], cells[name])
			}
		}
	}
	for _, thing := range slices.Sorted(maps.Keys(things)) {
		wholes = append(wholes, things[thing])
	}
	return wholes
}
