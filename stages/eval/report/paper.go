package report

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The six variants and five tasks of the paper's Table 3, in its order.
var (
	paperVariants = []string{"head", "lora", "clinical_frozen", "clinical_frozen_downstream", "clinical_trainable", "clinical_trainable_downstream"}
	paperTasks    = []string{"pmv", "mor", "los", "diag", "proc"}
)

// taskNames spells the paper's tasks out.
var taskNames = map[string]string{
	"pmv":  "prolonged mechanical ventilation",
	"mor":  "in-hospital mortality",
	"los":  "length of stay",
	"diag": "diagnoses",
	"proc": "procedures",
}

// ordered are the names that the paper has, in its order, then the others.
func ordered(names iter.Seq[string], paper []string) []string {
	sorted := slices.Sorted(names)
	var known []string
	for _, name := range paper {
		if slices.Contains(sorted, name) {
			known = append(known, name)
		}
	}
	return append(known, slices.DeleteFunc(sorted, func(name string) bool { return slices.Contains(paper, name) })...)
}

// taskLabel is how a task is headed: the paper's in capitals.
func taskLabel(task string) string {
	if taskNames[task] != "" {
		return strings.ToUpper(task)
	}
	return task
}

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

// paperBeside returns the paper's table where the run has one of its variants.
func paperBeside(t resultTable) (*paperTable, error) {
	if !slices.ContainsFunc(t.variants(), func(r resultRow) bool { return slices.Contains(paperVariants, r.Name) }) {
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
		row.Cells = append(row.Cells, cell{Text: showAUROC(&value), value: &value})
		sum += percent
	}
	macro := &row.Cells[len(row.Cells)-1]
	tasks := float64(len(printed) - 1)
	if mean := (sum - 100**macro.value) / tasks; math.Abs(mean-100**macro.value) > roundingError+1e-9 {
		macro.Mark = "†"
		p.Notes = append(p.Notes, fmt.Sprintf("† %s: %s is printed; the mean of the row's tasks is %.3f.", label, macro.Text, mean/100))
	}
	p.Rows = append(p.Rows, row)
	return nil
}

// markTop marks the highest of each column, as the paper's bold does.
func markTop(rows []resultRow) {
	for column := range rows[0].Cells {
		top := math.Inf(-1)
		for _, row := range rows {
			top = max(top, *row.Cells[column].value)
		}
		for _, row := range rows {
			row.Cells[column].Top = *row.Cells[column].value == top
		}
	}
}
