package report

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

//go:embed paper_table3.csv
var paperTable3 string

// paperTable is the paper's Table 3, to compare the pattern with.
type paperTable struct {
	Tasks []string
	Rows  []resultRow
	Notes []string
}

// roundingError is half of the last printed digit.
const roundingError = 0.005

// paperBeside returns the paper's table where the run has one of its ways.
func paperBeside(t resultTable) (*paperTable, error) {
	if !slices.ContainsFunc(t.ways(), func(r resultRow) bool { return slices.Contains(paperWays, r.Name) }) {
		return nil, nil
	}
	reader := csv.NewReader(strings.NewReader(paperTable3))
	reader.Comment = '#'
	records, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the paper's table: %w", err)
	}
	header := records[0]
	paper := &paperTable{Tasks: header[2 : len(header)-1]}
	for _, record := range records[1:] {
		if err := paper.add(record[1], record[2:]); err != nil {
			return nil, err
		}
	}
	markTop(paper.Rows)
	return paper, nil
}

// add takes a row as printed: the tasks, then the macro average. One that does
// not follow from its tasks gets a note.
func (p *paperTable) add(label string, printed []string) error {
	row := resultRow{Name: label}
	var sum float64
	for _, text := range printed {
		percent, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("the paper's table, row %s: malformed number", label)
		}
		value := percent / 100
		row.Cells = append(row.Cells, cell{Text: text, value: &value})
		sum += percent
	}
	macro := &row.Cells[len(row.Cells)-1]
	tasks := float64(len(printed) - 1)
	if mean := (sum - 100**macro.value) / tasks; math.Abs(mean-100**macro.value) > roundingError+1e-9 {
		macro.Mark = "†"
		p.Notes = append(p.Notes, fmt.Sprintf("† %s: %s is printed; the mean of the row's tasks is %.2f.", label, macro.Text, mean))
	}
	p.Rows = append(p.Rows, row)
	return nil
}
