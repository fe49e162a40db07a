package smallcell

import (
	"maps"
	"slices"
	"strings"
)

// Parts hides what is small of the parts of a known sum, and as many others as it takes
// that none of the hidden ones follows (sum.protect).
func Parts[N ~int | ~int64](parts []N) []Count {
	cells := make([]*cell, len(parts))
	for i, n := range parts {
		cells[i] = &cell{int64(n), Of(n)}
	}
	sum{parts: cells}.protect()
	return toldOf(cells)
}

// Labels hides what is small of the counts of labels among n examples, each of which may
// have several: a count, and the examples without the label. The sum of the counts is
// known too.
func Labels[N ~int | ~int64](n N, counts []N) []Count {
	cells := make([]*cell, len(counts))
	for i, having := range counts {
		cells[i] = &cell{int64(having), Parts([]N{having, n - having})[0]}
	}
	sum{parts: cells}.protect()
	return toldOf(cells)
}

// Counts hides what is small of a manifest's counts, and what would give it away by
// the sums that stages' counts are known to make (sumsOf). Where show is set it
// tells all.
func Counts(counts map[string]int64, show bool) map[string]Count {
	told, cells := map[string]Count{}, map[string]*cell{}
	for name, n := range counts {
		cells[name], told[name] = &cell{n, Of(n)}, Count(n)
	}
	if show {
		return told
	}
	protectAll(append(sumsOf(counts, cells), splitsOf(cells)...))
	for name := range counts {
		told[name] = cells[name].told
	}
	return told
}

// sumsOf lists the totals and their parts. What was read was kept or left out for some reason; what was
// kept may be in a split; what was kept, or the examples of a split, is of a class, or
// positive or negative. Names that only look like a sum, because their counts make
// none, are passed over.
func sumsOf(counts map[string]int64, cells map[string]*cell) (sums []protector) {
	add := func(total string, parts []string) {
		if n, counted := counts[total]; counted && len(parts) > 0 && sumOf(counts, parts) == n {
			sums = append(sums, sum{cells[total], cellsOf(cells, parts)})
		}
	}
	for _, total := range []string{"read", "kept", "quarantined"} {
		add(total, partsOf(counts, total))
	}
	for _, total := range []string{"train", "val"} { // what was trained on are examples: one tells the other
		add(total+"_examples", named(counts, "examples."+total))
	}
	for _, total := range slices.Sorted(maps.Keys(counts)) {
		first, split, _ := strings.Cut(total, ".")
		if first != "kept" && first != "examples" {
			continue
		}
		add(total, classesOf(counts, split))
		positives := strings.TrimSuffix("positives."+split, ".")
		if n, counted := counts[positives]; counted { // negatives are told nowhere, but worked out of the two
			negatives := counts[total] - n
			sums = append(sums, sum{cells[total], []*cell{cells[positives], {negatives, Of(negatives)}}})
		}
	}
	// A task's labels and its texts are told by their own datasets: both together are examples.
	return append(sums,
		sum{parts: cellsOf(cells, named(counts, "examples.", "labels_without_tokens."))},
		sum{parts: cellsOf(cells, named(counts, "examples.", "texts_without_", "texts_withdrawn"))})
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

func cellsOf(cells map[string]*cell, names []string) (of []*cell) {
	for _, name := range names {
		of = append(of, cells[name])
	}
	return of
}
