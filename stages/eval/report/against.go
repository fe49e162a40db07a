package report

import (
	"math"
	"strconv"
)

// difference is of two rows in a column.
type difference struct {
	Text, Interval, P string
	Apart             bool // by more than chance
	Low, At, High     int  // of the mark, in per cent of its width
}

// differenceRow is a variant's.
type differenceRow struct {
	Name  string
	Cells []difference
}

// againstTable holds every variant against the bag of words.
type againstTable struct {
	Rows []differenceRow
	P    bool // there are p-values
}

// against is nil where there is no baseline.
func (t resultTable) against() *againstTable {
	base := t.row(baselineName, true)
	if base == nil {
		return nil
	}
	var a againstTable
	for _, row := range t.variants() {
		shown := differenceRow{Name: row.Name}
		for _, column := range t.columns() {
			d := t.difference(row, *base, column)
			a.P = a.P || d.P != ""
			shown.Cells = append(shown.Cells, d)
		}
		a.Rows = append(a.Rows, shown)
	}
	return &a
}

func (t resultTable) difference(a, b resultRow, column string) (d difference) {
	if c := t.comparison(a, b, column); c != nil {
		d.Text, d.Apart = signedAUROC(c.Difference), t.judge(a, b, column) != alike && c.PHolm != nil
		if c.PHolm != nil {
			d.P = pText(*c.PHolm)
		}
		if c.Interval != nil {
			d.Interval = signedAUROC(c.Interval.Low) + " to " + signedAUROC(c.Interval.High)
			d.Low, d.At, d.High = deviation(c.Interval.Low), deviation(c.Difference), deviation(c.Interval.High)
		}
		return d
	}
	of, other := t.cellOf(a, column), t.cellOf(b, column)
	if d.Text = dash; of.value != nil && other.value != nil && of.partial == other.partial {
		d.Text = signedAUROC(*of.value - *other.value)
	}
	return d
}

// Marked says whether the interval is drawn.
func (d difference) Marked() bool { return d.Interval != "" }

// reach is the difference at the ends of a mark.
const reach = 0.3

// deviation is a difference's place on its mark, in per cent.
func deviation(x float64) int {
	return int(math.Round(50 + 50*max(-1, min(1, x/reach))))
}

func signedAUROC(x float64) string {
	text := strconv.FormatFloat(math.Abs(x), 'f', 3, 64)
	switch {
	case text == "0.000":
		return text
	case x < 0:
		return "−" + text
	default:
		return "+" + text
	}
}

// pText is a p-value with as many digits as it can have of a thousand replicates.
func pText(p float64) string {
	if p < 0.001 {
		return "p < 0.001"
	}
	return "p = " + strconv.FormatFloat(p, 'f', 3, 64)
}

// matrix are the differences of the macro means between all variants, row − column: those
// below the diagonal, which say all.
func (t resultTable) matrix() (rows []differenceRow) {
	if t.compared == nil || len(t.compared.Macro) == 0 || len(t.variants()) < 2 {
		return nil
	}
	variants := t.variants()
	for i, a := range variants[1:] {
		row := differenceRow{Name: a.Name, Cells: make([]difference, len(variants)-1)}
		for j, b := range variants[:i+1] {
			row.Cells[j] = t.difference(a, b, macroColumn)
		}
		rows = append(rows, row)
	}
	return rows
}

// columnsOfMatrix are all variants but the last.
func (t resultTable) columnsOfMatrix() (names []string) {
	for _, row := range t.variants() {
		names = append(names, row.Name)
	}
	return names[:max(0, len(names)-1)]
}
