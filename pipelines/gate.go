package pipelines

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// The counts of bad records; those by reason have a prefix.
const (
	countRead        = "read"
	countQuarantined = "quarantined"
	reasonPrefix     = countQuarantined + "."
)

type counts map[string]int64

func (c counts) add(more map[string]int64) {
	for name, n := range more {
		c[name] += n
	}
}

func (c counts) above(limit float64) bool {
	read := c[countRead]
	return read > 0 && float64(c[countQuarantined])/float64(read) > limit
}

func (c counts) String() string {
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if reason, ok := strings.CutPrefix(name, reasonPrefix); ok {
			reasons = append(reasons, fmt.Sprintf("%s %d", reason, c[name]))
		}
	}
	return fmt.Sprintf("%d of %d: %s", c[countQuarantined], c[countRead], strings.Join(reasons, ", "))
}

// checkBadFraction bounds the fraction of bad records in each file of a source, for
// a short file may be lost among a long one's records, and over the whole stage.
func checkBadFraction(results []result, limit float64) error {
	whole := counts{}
	for _, r := range results {
		whole.add(r.Counts)
	}
	var over []string
	files := byFile(results)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if c := counts(files[file]); c.above(limit) {
			over = append(over, fmt.Sprintf("%s (%v)", file, c))
		}
	}
	if len(over) == 0 && whole.above(limit) {
		over = []string{fmt.Sprintf("the whole (%v)", whole)}
	}
	if len(over) == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "%d of %d records are bad, more than max_bad_fraction %g allows in %s; mend what is named, or raise max_bad_fraction and look at the quarantine table with `clinflow cat`",
		whole[countQuarantined], whole[countRead], limit, strings.Join(over, ", "))
}

// byFile adds up what was counted of each file of a source.
func byFile(results []result) map[string]map[string]int64 {
	files := map[string]map[string]int64{}
	for _, r := range results {
		if r.File == "" {
			continue
		}
		if files[r.File] == nil {
			files[r.File] = map[string]int64{}
		}
		counts(files[r.File]).add(r.Counts)
	}
	return files
}
