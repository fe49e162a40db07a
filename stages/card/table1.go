package card

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

//go:embed paper_table1.csv
var paperTable1 string

// Paper is a task's row of the paper's Table 1.
type Paper struct {
	Labels   int                        `json:"labels"`
	Examples map[string]smallcell.Count `json:"examples"` // by split
}

// paperOf is the row of a task that is made as the paper's was: of MIMIC-III, by the
// recipe core or one that differs from it by a switch. nil: there is none.
func paperOf(of task.Task) (*Paper, error) {
	recipe, _, _ := strings.Cut(of.Recipe, " ")
	database, _, _ := strings.Cut(of.Release, " ")
	if recipe != "core" || database != mimic.MIMICIII {
		return nil, nil
	}
	reader := csv.NewReader(strings.NewReader(paperTable1))
	reader.Comment = '#'
	records, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the paper's Table 1: %w", err)
	}
	for _, record := range records[1:] {
		if record[0] == of.Name {
			return paperRow(records[0][2:], record[1:])
		}
	}
	return nil, nil
}

// paperRow reads the number of labels, and the examples of splits.
func paperRow(splits, numbers []string) (*Paper, error) {
	p := &Paper{Examples: map[string]smallcell.Count{}}
	for i, text := range numbers {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("the paper's Table 1: malformed number")
		}
		if i == 0 {
			p.Labels = n
		} else {
			p.Examples[splits[i-1]] = smallcell.Count(n)
		}
	}
	return p, nil
}
