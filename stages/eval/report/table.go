package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/stages/eval"
)

// resultTable is variants × tasks, and their macro average.
type resultTable struct {
	Tasks []string
	Rows  []resultRow // the variants, then the baseline and the best possible model
	Best  bool        // the best possible is known
	Notes []string

	of    map[string]eval.Task
	whole []string // the tasks that a variant has an AUROC of
}

// resultRow is a variant's, or one to compare the variants with.
type resultRow struct {
	Name   string
	Beside bool     // no variant, but what variants are compared with
	Cells  []cell   // the tasks, then the macro average
	Share  *float64 // of the way from chance to the best possible macro average

	scores *eval.Scores
	curves eval.TaskCurves
}

// cell is an AUROC of a table.
type cell struct {
	Text   string
	Mark   string // of a footnote
	Remark string // below
	Top    bool   // the highest of its column

	value   *float64
	partial bool // of fewer tasks than the others: not to be compared
}

// Bar is how far an AUROC has come from chance to 1, in per cent.
func (c cell) Bar() int {
	if c.value == nil {
		return 0
	}
	return int(math.Round(200 * max(0, *c.value-0.5)))
}

// aurocCell shows an AUROC; that of few examples has two digits and a mark.
func aurocCell(value *float64, few bool) cell {
	c := cell{Text: showAUROC(value), value: value}
	if few && value != nil {
		c.Text, c.Mark = strconv.FormatFloat(*value, 'f', 2, 64), fewMark
	}
	return c
}

func tableOf(m eval.Metrics, c eval.Curves) resultTable {
	tasks, averaged := map[string]bool{}, map[string]bool{}
	for _, scores := range m.Variants {
		for task, score := range scores.Tasks {
			tasks[task] = true
			if score.AUROC != nil {
				averaged[task] = true
			}
		}
	}
	t := resultTable{Tasks: ordered(maps.Keys(tasks), paperTasks), Best: m.KnownBest != nil, of: m.Tasks, whole: slices.Sorted(maps.Keys(averaged))}
	for _, variant := range ordered(maps.Keys(m.Variants), paperVariants) {
		t.add(variant, m.Variants[variant], m.KnownBest, c.Variants[variant])
	}
	markTop(t.Rows)
	if m.Baseline != nil {
		t.add(baselineName, m.Baseline, m.KnownBest, c.Baseline)
	}
	if m.KnownBest != nil {
		t.add(bestName, m.KnownBest, nil, c.KnownBest)
	}
	for i := len(m.Variants); i < len(t.Rows); i++ {
		t.Rows[i].Beside = true
	}
	t.Notes = t.notes()
	return t
}

// add adds a row. Its macro average is marked where it is not that of all tasks.
func (t *resultTable) add(name string, scores, best *eval.Scores, curves eval.TaskCurves) {
	row := resultRow{Name: name, Share: share(scores, best), scores: scores, curves: curves}
	for _, task := range t.Tasks {
		row.Cells = append(row.Cells, aurocCell(scores.Tasks[task].AUROC, scores.Tasks[task].SmallCells))
	}
	macro := aurocCell(scores.MacroAUROC, false)
	if macro.partial = !slices.Equal(scores.Averaged(), t.whole); macro.partial {
		macro.Remark = fmt.Sprintf("%d of %d tasks", scores.TasksAveraged, len(t.whole))
	}
	row.Cells = append(row.Cells, macro)
	t.Rows = append(t.Rows, row)
}

// share is how far a macro average has come from chance to the best possible,
// where both are of the same tasks.
func share(scores, best *eval.Scores) *float64 {
	if best == nil || scores.MacroAUROC == nil || !slices.Equal(scores.Averaged(), best.Averaged()) || *best.MacroAUROC <= 0.5 {
		return nil
	}
	share := (*scores.MacroAUROC - 0.5) / (*best.MacroAUROC - 0.5)
	return &share
}

// markTop marks the highest of each column, where there is a choice.
func markTop(rows []resultRow) {
	if len(rows) < 2 {
		return
	}
	for column := range rows[0].Cells {
		top := math.Inf(-1)
		for _, row := range rows {
			if c := row.Cells[column]; c.value != nil && !c.partial {
				top = max(top, *c.value)
			}
		}
		for _, row := range rows {
			c := &row.Cells[column]
			c.Top = c.value != nil && !c.partial && *c.value == top
		}
	}
}

// variants are the rows of variants.
func (t resultTable) variants() []resultRow {
	return slices.DeleteFunc(slices.Clone(t.Rows), func(r resultRow) bool { return r.Beside })
}
