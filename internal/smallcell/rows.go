package smallcell

import "strings"

// Rows tells the rows of a table beside what is told of its manifest's counts. A table
// holds what was kept, or the examples of some splits, as predictions do: the rows less
// those of a split that is told would be those of another.
func Rows(rows int64, counts map[string]int64, told map[string]Count) Count {
	if kept, counted := counts["kept"]; counted && kept == rows {
		return told["kept"]
	}
	for name, n := range told {
		if strings.HasPrefix(name, "examples.") && n.Hidden() {
			return Untold
		}
	}
	return Of(rows)
}
