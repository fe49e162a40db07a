package smallcell

import (
	"slices"
	"strings"
)

// Parts hides what is small of the parts of a known sum. Where one alone would be
// hidden, the smallest of the others goes with it.
func Parts[N ~int | ~int64](parts []N) []Count {
	cells, all := make([]Count, len(parts)), make([]*Count, len(parts))
	for i, n := range parts {
		cells[i] = Of(n)
		all[i] = &cells[i]
	}
	second(all)
	return cells
}

// second hides a second of some cells of which each follows from the others, where
// one alone is hidden: the smallest that is not zero, the first of equal ones.
func second(cells []*Count) (changed bool) {
	hidden, smallest := 0, (*Count)(nil)
	for _, c := range cells {
		switch {
		case c.Hidden():
			hidden++
		case *c > 0 && (smallest == nil || *c < *smallest):
			smallest = c
		}
	}
	if hidden != 1 || smallest == nil {
		return false
	}
	*smallest = Above
	return true
}

// Counts hides what is small of a manifest's counts, and what would give it away by
// the sums that stages' counts are known to make (sumsOf). Where show is set it
// tells all.
func Counts(counts map[string]int64, show bool) map[string]Count {
	told, cells := map[string]Count{}, map[string]*Count{}
	for name, n := range counts {
		c := Of(n)
		cells[name], told[name] = &c, Count(n)
	}
	if show {
		return told
	}
	sums := sumsOf(counts, cells)
	for again := true; again; {
		again = false
		for _, sum := range sums {
			again = second(sum) || again
		}
	}
	for name := range counts {
		told[name] = *cells[name]
	}
	return told
}

// sumsOf lists the cells of which each follows from the others: a total, which comes
// last, and its parts. What was read was kept or left out for some reason; what was
// kept is in a split; a split's examples are of a class, or positive or negative.
// Names that only look like a sum, because their counts make none, are passed over.
func sumsOf(counts map[string]int64, cells map[string]*Count) (sums [][]*Count) {
	for _, total := range []string{"read", "kept", "quarantined", "kept.train", "kept.val", "kept.test"} {
		var rest int64
		var sum []*Count
		for _, part := range partsOf(counts, total) {
			rest += counts[part]
			sum = append(sum, cells[part])
		}
		split, of := strings.CutPrefix(total, "kept.")
		if n, counted := counts["positives."+split]; of && counted && Small(counts[total]-n) {
			negatives := Below // nowhere told, but worked out of the two
			sums = append(sums, []*Count{cells["positives."+split], &negatives, cells[total]})
		}
		if n, counted := counts[total]; counted && len(sum) > 0 && rest == n {
			sums = append(sums, append(sum, cells[total]))
		}
	}
	return sums
}

// partsOf names the parts of a total, in order.
func partsOf(counts map[string]int64, total string) (parts []string) {
	split, ofSplit := strings.CutPrefix(total, "kept.")
	for name := range counts {
		switch {
		case ofSplit && strings.HasPrefix(name, "class.") && strings.HasSuffix(name, "."+split),
			total == "read" && (name == "kept" || name == "skipped" || name == "quarantined" || strings.HasPrefix(name, "dropped.")),
			!ofSplit && strings.HasPrefix(name, total+"."):
			parts = append(parts, name)
		}
	}
	slices.Sort(parts)
	return parts
}
