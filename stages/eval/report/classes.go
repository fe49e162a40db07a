package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/icd/title"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
)

// classTable are the classes of a task: the highest variant beside the bag of words.
type classTable struct {
	Label, Variant, Spread string
	Titles                 bool // some class has a title
	Rows                   []classRow
}

type classRow struct {
	Label, Title                 string
	Positives                    smallcell.Count
	AUROC, AUPRC                 cell
	BaselineAUROC, BaselineAUPRC cell
}

// classTables are those of the tasks of several classes or labels.
func (t resultTable) classTables(c *eval.Classes) (tables []classTable) {
	if c == nil {
		return nil
	}
	for _, name := range t.Tasks {
		top, found := t.top(name)
		classes := c.Variants[top.Name][name]
		if !found || len(classes) < 3 {
			continue
		}
		table := classTable{Label: taskLabel(name), Variant: top.Name, Spread: spread(classes)}
		for i, of := range classes {
			row := classRow{Label: of.Label, Title: titleOf(name, of.Label), Positives: of.Positives, AUROC: aurocCell(of.AUROC, of.SmallCells), AUPRC: aurocCell(of.AUPRC, false)}
			row.BaselineAUROC, row.BaselineAUPRC = aurocCell(nil, false), aurocCell(nil, false)
			if base := c.Baseline[name]; i < len(base) {
				row.BaselineAUROC, row.BaselineAUPRC = aurocCell(base[i].AUROC, base[i].SmallCells), aurocCell(base[i].AUPRC, false)
			}
			table.Titles = table.Titles || row.Title != ""
			table.Rows = append(table.Rows, row)
		}
		// A hidden count is below all others.
		slices.SortStableFunc(table.Rows, func(a, b classRow) int { return cmp.Compare(b.Positives, a.Positives) })
		tables = append(tables, table)
	}
	return tables
}

// titleOf is what a label of the paper's tasks of codes is called, "" where it is not known.
func titleOf(task, label string) string {
	kinds := map[string]title.Kind{"diag": title.Diagnosis, "proc": title.Procedure}
	return title.Of(kinds[task], label)
}

// Sort is a cell's number for the script that sorts, below all others where there is none.
func (c cell) Sort() float64 {
	if c.value == nil {
		return -1
	}
	return *c.value
}

// spread says how far the classes lie apart, of those with ten examples and more on both
// sides where small cells are hidden, else of all that have an AUROC.
func spread(classes []eval.ClassScore) string {
	var told []eval.ClassScore
	of := " with ten examples or more"
	for _, c := range classes {
		if c.AUROC != nil && !c.SmallCells {
			told = append(told, c)
			if smallcell.Small(c.Positives) {
				of = ""
			}
		}
	}
	if len(told) < 3 {
		return ""
	}
	slices.SortStableFunc(told, func(a, b eval.ClassScore) int { return cmp.Compare(*a.AUROC, *b.AUROC) })
	low, high := told[0], told[len(told)-1]
	at := func(share int) string { return showAUROC(told[(len(told)-1)*share/100].AUROC) }
	return fmt.Sprintf("Of %d labels%s the lowest is %s (%s), the highest %s (%s); half lie between %s and %s.", len(told), of, low.Label, showAUROC(low.AUROC), high.Label, showAUROC(high.AUROC), at(25), at(75))
}
