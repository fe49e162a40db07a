package smallcell

import (
	"maps"
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

// Labels hides what is small of the counts of labels among n examples, each of which may
// have several: a count, and the examples without the label. The sum of the counts is
// known too, so that one alone is not hidden.
func Labels[N ~int | ~int64](n N, counts []N) []Count {
	cells, all := make([]Count, len(counts)), make([]*Count, len(counts))
	for i, having := range counts {
		cells[i] = Parts([]N{having, n - having})[0]
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
// kept may be in a split; what was kept, or the examples of a split, is of a class, or
// positive or negative. Names that only look like a sum, because their counts make
// none, are passed over.
func sumsOf(counts map[string]int64, cells map[string]*Count) (sums [][]*Count) {
	add := func(total string, parts []string) {
		if n, counted := counts[total]; counted && len(parts) > 0 && sumOf(counts, parts) == n {
			sums = append(sums, append(cellsOf(cells, parts), cells[total]))
		}
	}
	for _, total := range []string{"read", "kept", "quarantined"} {
		add(total, partsOf(counts, total))
	}
	for _, total := range slices.Sorted(maps.Keys(counts)) {
		first, split, _ := strings.Cut(total, ".")
		if first != "kept" && first != "examples" {
			continue
		}
		add(total, classesOf(counts, split))
		positives := strings.TrimSuffix("positives."+split, ".")
		if n, counted := counts[positives]; counted && Small(counts[total]-n) {
			negatives := Below // nowhere told, but worked out of the two
			sums = append(sums, []*Count{cells[positives], &negatives, cells[total]})
		}
	}
	// A task's labels are told by their own dataset: with a text they are examples.
	return append(sums, cellsOf(cells, named(counts, "examples.", "labels_without_tokens.")))
}

// partsOf names the parts of a total, in order.
func partsOf(counts map[string]int64, total string) []string {
	parts := named(counts, total+".")
	if total == "read" {
		for _, name := range []string{"kept", "skipped", "quarantined"} {
			if _, counted := counts[name]; counted {
				parts = append(parts, name)
			}
		}
		parts = append(parts, named(counts, "dropped.")...)
	}
	slices.Sort(parts)
	return parts
}

// classesOf names the classes of a split, "" where the examples are in none.
func classesOf(counts map[string]int64, split string) (classes []string) {
	for _, name := range named(counts, "class.") {
		if _, of, _ := strings.Cut(strings.TrimPrefix(name, "class."), "."); of == split {
			classes = append(classes, name)
		}
	}
	return classes
}

// named are the names with one of some prefixes, in order.
func named(counts map[string]int64, prefixes ...string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			names = append(names, name)
		}
	}
	return names
}

func sumOf(counts map[string]int64, names []string) (n int64) {
	for _, name := range names {
		n += counts[name]
	}
	return n
}

func cellsOf(cells map[string]*Count, names []string) (of []*Count) {
	for _, name := range names {
		of = append(of, cells[name])
	}
	return of
}
