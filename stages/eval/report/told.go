package report

import (
	"slices"

	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/compare"
)

// judgement is what can be said of two rows of a column.
type judgement int

const (
	unknown judgement = iota // nothing tells how far chance goes
	alike                    // chance can make such a difference
	better
	worse
)

// macroColumn is the column of the macro average among those of tasks.
const macroColumn = ""

// significance is the level below which a corrected p-value tells two rows apart.
const significance = 0.05

// judge compares two rows of a column: by the comparison of both on the same patients
// where there is one, else by whether their intervals overlap, which tells fewer apart. A
// comparison tells them apart where the corrected p-value is low and the interval, which is
// made in another way, holds no zero.
func (t resultTable) judge(a, b resultRow, column string) judgement {
	if c := t.comparison(a, b, column); c != nil && c.PHolm != nil {
		switch {
		case *c.PHolm >= significance || c.Difference == 0 || c.Interval != nil && c.Interval.Low <= 0 && c.Interval.High >= 0:
			return alike
		case c.Difference > 0:
			return better
		default:
			return worse
		}
	}
	of, other := t.cellOf(a, column), t.cellOf(b, column)
	switch {
	case of.partial || other.partial || of.interval == nil || other.interval == nil:
		return unknown
	case of.interval.Low > other.interval.High:
		return better
	case of.interval.High < other.interval.Low:
		return worse
	default:
		return alike
	}
}

// comparison is a − b as eval.compare has it, nil where it has none.
func (t resultTable) comparison(a, b resultRow, column string) *compare.Comparison {
	if t.compared == nil {
		return nil
	}
	list := t.compared.Macro
	if column != macroColumn {
		list = t.compared.Tasks[column]
	}
	for _, c := range list {
		baseline := c.Against == compare.AgainstBaseline
		switch {
		case c.Against == compare.AgainstOther:
		case a.is(c.A, false) && b.is(c.B, baseline):
			return &c
		case b.is(c.A, false) && a.is(c.B, baseline):
			c.A, c.B, c.Difference = c.B, c.A, -c.Difference
			if c.Interval != nil {
				c.Interval = &eval.Interval{Low: -c.Interval.High, High: -c.Interval.Low}
			}
			return &c
		}
	}
	return nil
}

// is says whether a row is the one that comparisons give a name: a variant may have that
// of the baseline.
func (r resultRow) is(name string, baseline bool) bool {
	if baseline {
		return r.Beside && r.Name == baselineName
	}
	return !r.Beside && r.Name == name
}

// columns are the tasks and, at the end, the macro average.
func (t resultTable) columns() []string { return append(slices.Clone(t.Tasks), macroColumn) }

func (t resultTable) cellOf(r resultRow, column string) cell {
	return r.Cells[slices.Index(t.columns(), column)]
}

// top is the variant with the highest AUROC of a column.
func (t resultTable) top(column string) (top resultRow, found bool) {
	for _, row := range t.variants() {
		c := t.cellOf(row, column)
		if c.value != nil && !c.partial && (!found || *c.value > *t.cellOf(top, column).value) {
			top, found = row, true
		}
	}
	return top, found
}

// tied are the other variants that a row cannot be told apart from.
func (t resultTable) tied(top resultRow, column string) (names []string) {
	for _, row := range t.variants() {
		if row.Name != top.Name && t.cellOf(row, column).value != nil && t.judge(top, row, column) != better {
			names = append(names, row.Name)
		}
	}
	return names
}

// markBest marks the highest variant of each column where it is better than every other
// by more than chance.
func (t resultTable) markBest() {
	for i, column := range t.columns() {
		top, found := t.top(column)
		if !found || t.rivals(column) < 2 || len(t.tied(top, column)) > 0 {
			continue
		}
		at := slices.IndexFunc(t.Rows, func(r resultRow) bool { return r.Name == top.Name && !r.Beside })
		t.Rows[at].Cells[i].Top = true
	}
}

// rivals counts the variants that have an AUROC of a column.
func (t resultTable) rivals(column string) (n int) {
	for _, row := range t.variants() {
		if t.cellOf(row, column).value != nil {
			n++
		}
	}
	return n
}

// row is a row by its name, nil where there is none.
func (t resultTable) row(name string, beside bool) *resultRow {
	for _, r := range t.Rows {
		if r.Name == name && r.Beside == beside {
			return &r
		}
	}
	return nil
}
