package rawcsv

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
)

// Has says whether the header has a column, by its name in lower case.
func (c *Reader) Has(column string) bool { return slices.Contains(c.header, column) }

// Columns finds columns by name, case-insensitively, and returns their
// positions in the records. A missing or repeated one is an error of
// exit.BadData that names the file and every column at fault.
func (c *Reader) Columns(names ...string) ([]int, error) {
	at := make([]int, len(names))
	var faults []string
	missing := 0
	for i, name := range names {
		at[i] = slices.Index(c.header, name)
		switch {
		case at[i] < 0:
			missing++
			faults = append(faults, "column "+name+" is missing"+c.similar(name, names))
		case slices.Contains(c.header[at[i]+1:], name):
			faults = append(faults, "column "+name+" stands twice in the header")
		}
	}
	if len(faults) == 0 {
		return at, nil
	}
	if missing == len(names) {
		what := "give a comma-separated file with its header row"
		if other := foreign.Refuse(c.head); other != nil {
			what = "that is no header row: " + other.Error()
		}
		return nil, exit.Errorf(exit.BadData, "%s: the first row has none of the columns %s; %s", c.name, strings.Join(names, ", "), what)
	}
	return nil, exit.Errorf(exit.BadData, "%s: %s; columns are found by name, mend the header", c.name, strings.Join(faults, "; "))
}

// columnName is what a header's cell looks like. A file without a header has
// data in its first row, and data must not enter an error.
var columnName = regexp.MustCompile(`^[a-z]+(_?[a-z]+)*$`)

// similar suggests the header's column that a missing one may be.
func (c *Reader) similar(name string, wanted []string) string {
	best, distance := "", min(2, len(name)/3)+1
	for _, have := range c.header {
		if d := levenshtein.ComputeDistance(name, have); d < distance && columnName.MatchString(have) && !slices.Contains(wanted, have) {
			best, distance = have, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (is it %s?)", best)
}
