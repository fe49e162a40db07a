package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/compare"
)

// resultTable is variants × tasks, and their macro average.
type resultTable struct {
	Tasks []string
	Rows  []resultRow // the variants, then the baseline and the best possible model
	Best  bool        // the best possible is known
	Notes []string

	of       map[string]eval.Task
	whole    []string             // the tasks that a variant has an AUROC of
	compared *compare.Comparisons // nil: nothing compared them
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
	Text     string
	Interval string
	Mark     string // of a footnote
	Remark   string // below
	Top      bool   // better than all others of its column by more than chance

	value    *float64
	interval *eval.Interval
	partial  bool // of fewer tasks than the others: not to be compared
}

// leftEnd is the AUROC at the left end of a mark; the right one is 1.
const leftEnd = 0.4

// Marked says whether the AUROC is drawn.
func (c cell) Marked() bool { return c.value != nil }

// At is an AUROC's place on its mark, in per cent; Low and High those of its interval.
func (c cell) At() int  { return markAt(*c.value) }
func (c cell) Low() int { return markAt(c.bounds().Low) }

// High is the end of the interval.
func (c cell) High() int { return markAt(c.bounds().High) }

// bounds are the interval, or the AUROC alone.
func (c cell) bounds() eval.Interval {
	if c.interval == nil {
		return eval.Interval{Low: *c.value, High: *c.value}
	}
	return *c.interval
}

func markAt(x float64) int {
	return int(math.Round(100 * max(0, min(1, (x-leftEnd)/(1-leftEnd)))))
}

// within gives an AUROC its interval, with as many digits.
func (c cell) within(i *eval.Interval) cell {
	if c.value == nil || i == nil {
		return c
	}
	digits := len(c.Text) - len("0.")
	c.interval, c.Interval = i, strconv.FormatFloat(i.Low, 'f', digits, 64)+"–"+strconv.FormatFloat(i.High, 'f', digits, 64)
	return c
}

// aurocCell shows an AUROC; that of few examples has two digits and a mark.
func aurocCell(value *float64, few bool) cell {
	c := cell{Text: showAUROC(value), value: value}
	if few && value != nil {
		c.Text, c.Mark = strconv.FormatFloat(*value, 'f', 2, 64), fewMark
	}
	return c
}

func tableOf(m eval.Metrics, c eval.Curves, compared *compare.Comparisons) resultTable {
	tasks, averaged := map[string]bool{}, map[string]bool{}
	for _, scores := range m.Variants {
		for task, score := range scores.Tasks {
			tasks[task] = true
			if score.AUROC != nil {
				averaged[task] = true
			}
		}
	}
	t := resultTable{compared: compared, Tasks: ordered(maps.Keys(tasks), paperTasks), Best: m.KnownBest != nil, of: m.Tasks, whole: slices.Sorted(maps.Keys(averaged))}
	for _, variant := range ordered(maps.Keys(m.Variants), paperVariants) {
		t.add(variant, m.Variants[variant], m.KnownBest, c.Variants[variant])
	}
	if m.Baseline != nil {
		t.add(baselineName, m.Baseline, m.KnownBest, c.Baseline)
	}
	if m.KnownBest != nil {
		t.add(bestName, m.KnownBest, nil, c.KnownBest)
	}
	for i := len(m.Variants); i < len(t.Rows); i++ {
		t.Rows[i].Beside = true
	}
	t.markBest()
	t.Notes = t.notes(m.Interval)
	return t
}

// add adds a row. Its macro average is marked where it is not that of all tasks.
func (t *resultTable) add(name string, scores, best *eval.Scores, curves eval.TaskCurves) {
	row := resultRow{Name: name, Share: share(scores, best), scores: scores, curves: curves}
	for _, task := range t.Tasks {
		row.Cells = append(row.Cells, aurocCell(scores.Tasks[task].AUROC, scores.Tasks[task].SmallCells).within(scores.Tasks[task].Interval))
	}
	macro := aurocCell(scores.MacroAUROC, false).within(scores.MacroInterval)
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

// variants are the rows of variants.
func (t resultTable) variants() []resultRow {
	return slices.DeleteFunc(slices.Clone(t.Rows), func(r resultRow) bool { return r.Beside })
}
