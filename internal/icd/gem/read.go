package gem

import (
	"fmt"
	"regexp"
	"strings"
)

// read takes the rows from the form that oracle/gem_pack.py packs them into: the sources
// of all rows, one a line, then the targets, then the flags.
func read(text string) ([]row, error) {
	lines, err := unpack(text)
	if err != nil {
		return nil, err
	}
	n := len(lines) / columns
	if n == 0 || len(lines) != n*columns {
		return nil, fmt.Errorf("%d lines are not sources, targets and flags of rows", len(lines))
	}
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{lines[i], lines[n+i], lines[2*n+i]}
		if err := rows[i].check(); err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		if i > 0 && rows[i].source < rows[i-1].source {
			return nil, fmt.Errorf("row %d: its source comes before that of the row before it", i+1)
		}
	}
	return rows, nil
}

const columns = 3 // of a row

// unpack puts before each line what it shares with the one before it: its first
// character says how much that is.
func unpack(text string) (lines []string, err error) {
	before := ""
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		if !ended || line == "" || line[0] < '0' || int(line[0]-'0') > len(before) {
			return nil, fmt.Errorf("line %d is cut, or shares more with the one before than that has", len(lines)+1)
		}
		before = before[:line[0]-'0'] + line[1:]
		lines = append(lines, before)
	}
	return lines, nil
}

var (
	codeShape = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Z]{1,6}$`)
	noTarget  = regexp.MustCompile(`^No(?:Dx|PCS|I9)$`)
	flagShape = regexp.MustCompile(`^[01]{3}[0-9]{2}$`)
)

// check says what of a row is not as CMS writes it.
func (r row) check() error {
	switch {
	case !codeShape.MatchString(r.source):
		return fmt.Errorf("the source is no code")
	case !codeShape.MatchString(r.target) && !noTarget.MatchString(r.target):
		return fmt.Errorf("the target is no code")
	case !flagShape.MatchString(r.flags):
		return fmt.Errorf("the flags are not five digits")
	}
	return nil
}
