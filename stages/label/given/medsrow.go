package given

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
)

// said is what a row says. It has one value, in a column that the kind of task takes.
func (m fromMEDS) said(f medsFile, row [][]string) (subject int64, l medsLabel, err error) {
	subject, err = whole(row[0])
	at, failed := whole(row[1])
	if err != nil || failed != nil || subject <= 0 {
		return 0, l, errors.New("has no subject_id or no prediction_time; mend the labels")
	}
	column, value, err := f.value(row[2:])
	if err != nil {
		return 0, l, err
	}
	if taken := medsValues[m.kind]; !slices.Contains(taken, column) {
		return 0, l, fmt.Errorf("has a value in %s; labels of a %s task are in %s", column, m.config.Kind, strings.Join(taken, " or "))
	}
	name, ok := m.named(column, value)
	if !ok {
		return 0, l, fmt.Errorf("has in %s %s; name the labels in names", column, m.noLabel())
	}
	return subject, medsLabel{dataset.Time(at), name}, nil
}

// named is the label of a value: of a category by its name, of other columns by the
// number, whatever the names are.
func (m fromMEDS) named(column, value string) (name string, ok bool) {
	if column == medsCategory {
		return m.name(value)
	}
	return m.numbered(value)
}

// value is the one value of a row, and its column.
func (f medsFile) value(row [][]string) (column, value string, err error) {
	n := 0
	for i, cell := range row {
		if len(cell) == 1 {
			column, value = f.values[i], cell[0]
			n++
		}
	}
	if n != 1 {
		return "", "", fmt.Errorf("has %d values, and a label is one; mend the labels", n)
	}
	return column, value, nil
}

// whole is the whole number of a cell that has one.
func whole(cell []string) (int64, error) { return strconv.ParseInt(strings.Join(cell, ""), 10, 64) }
