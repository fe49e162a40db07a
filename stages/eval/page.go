package eval

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/shard"
)

// page is what report.html shows.
type page struct {
	Title, Split string
	Table        resultTable
	ROC, Losses  []figure
	Data         []dataCounts
	Made         []origin
}

// figure is an inline SVG with its caption.
type figure struct {
	Caption string
	SVG     template.HTML // made by this program from numbers
	Legend  []legendEntry
}

// legendEntry names a curve; the legend is HTML, where text has its own room.
type legendEntry struct {
	Name, Value, Colour string
	Dashed              bool
}

// resultTable is variants × tasks.
type resultTable struct {
	Tasks    []string
	Rows     []resultRow // best macro average first
	Best     *resultRow  // the best possible model, where known
	Footnote []string
}

type resultRow struct {
	Variant string
	Macro   *float64
	Way     *float64 // share of the way from chance to the best possible macro average
	Cells   []resultCell
}

type resultCell struct {
	TaskScore
	Present bool
	Top     bool // the highest of the task's variants
}

// Facts are the lines under a cell's AUROC.
func (c resultCell) Facts() []string {
	examples := "n " + showCount(c.N)
	if c.Kind != KindMulticlass {
		examples += ", " + showCount(c.Positives) + " positive"
	}
	facts := []string{examples}
	if c.ClassesUsed != nil {
		classes := strconv.Itoa(*c.ClassesUsed) + " classes"
		if *c.ClassesSkipped > 0 {
			classes += ", " + strconv.Itoa(*c.ClassesSkipped) + " skipped"
		}
		facts = append(facts, classes)
	}
	return facts
}

func tableOf(m Metrics) resultTable {
	var t resultTable
	tasks := map[string]string{} // → kind
	for _, scores := range m.Variants {
		for task, score := range scores.Tasks {
			tasks[task] = score.Kind
		}
	}
	t.Tasks = slices.Sorted(maps.Keys(tasks))
	for _, variant := range slices.Sorted(maps.Keys(m.Variants)) {
		t.Rows = append(t.Rows, rowOf(variant, m.Variants[variant], m.KnownBest, t.Tasks))
	}
	slices.SortStableFunc(t.Rows, func(a, b resultRow) int { return cmp.Compare(valueOf(b.Macro), valueOf(a.Macro)) })
	t.markTop()
	if m.KnownBest != nil {
		best := rowOf("best possible", m.KnownBest, nil, t.Tasks)
		t.Best = &best
	}
	t.Footnote = append(footnotes(slices.Collect(maps.Values(tasks))), t.unequal()...)
	return t
}

// unequal warns of tasks whose rows stand for different examples: their AUROCs
// must not be compared.
func (t resultTable) unequal() []string {
	rows := t.Rows
	if t.Best != nil {
		rows = append(slices.Clone(rows), *t.Best)
	}
	var warnings []string
	for i, task := range t.Tasks {
		seen := map[[2]int]bool{}
		for _, row := range rows {
			if cell := row.Cells[i]; cell.Present {
				seen[[2]int{cell.N, cell.Positives}] = true
			}
		}
		if len(seen) > 1 {
			warnings = append(warnings, "The rows of task "+task+" were measured on different examples and cannot be compared.")
		}
	}
	return warnings
}

func rowOf(variant string, scores, best *Scores, tasks []string) resultRow {
	row := resultRow{Variant: variant, Macro: scores.MacroAUROC}
	if best != nil && best.MacroAUROC != nil && row.Macro != nil && *best.MacroAUROC > 0.5 {
		way := (*row.Macro - 0.5) / (*best.MacroAUROC - 0.5)
		row.Way = &way
	}
	for _, task := range tasks {
		score, present := scores.Tasks[task]
		row.Cells = append(row.Cells, resultCell{TaskScore: score, Present: present})
	}
	return row
}

// markTop marks the highest AUROC of each task, where there is a choice.
func (t *resultTable) markTop() {
	if len(t.Rows) < 2 {
		return
	}
	for task := range t.Tasks {
		top := 0
		for i, row := range t.Rows {
			if valueOf(row.Cells[task].AUROC) > valueOf(t.Rows[top].Cells[task].AUROC) {
				top = i
			}
		}
		t.Rows[top].Cells[task].Top = t.Rows[top].Cells[task].AUROC != nil
	}
}

// valueOf orders what is undefined below all else.
func valueOf(x *float64) float64 {
	if x == nil {
		return math.Inf(-1)
	}
	return *x
}

func footnotes(kinds []string) []string {
	notes := []string{"AUROC counts pairs of a positive and a negative example in whole numbers, a tie as half a pair; macro is the mean of the tasks."}
	if slices.Contains(kinds, KindMulticlass) {
		notes = append(notes, "Tasks of three classes or more: the other of one-versus-one (Hand and Till) and one-versus-rest is in metrics.json; their curve is the mean over the classes.")
	}
	if slices.Contains(kinds, KindMultiLabel) {
		notes = append(notes, "Multi-label tasks: the mean over the classes that have both values among the examples; positives are pairs of example and class; their curve is the mean over the classes.")
	}
	return notes
}

// dataCounts lists a dataset's tables and counts.
type dataCounts struct {
	Step, Kind string
	Counts     []namedCount
}

type namedCount struct {
	Name string
	N    int64
}

func countsOf(d *shard.Dataset) dataCounts {
	c := dataCounts{Step: stepName(d), Kind: d.Manifest.Kind}
	for _, table := range slices.Sorted(maps.Keys(d.Manifest.Tables)) {
		var rows int64
		for _, part := range d.Manifest.Tables[table] {
			rows += part.Rows
		}
		c.Counts = append(c.Counts, namedCount{table + " rows", rows})
	}
	for _, name := range slices.Sorted(maps.Keys(d.Manifest.Counts)) {
		c.Counts = append(c.Counts, namedCount{strings.ReplaceAll(name, "_", " "), d.Manifest.Counts[name]})
	}
	return c
}

// origin says what made a dataset.
type origin struct{ Step, Stage, Seeds, Kernel, Digest string }

func originOf(d *shard.Dataset) origin {
	m := d.Manifest
	o := origin{Step: stepName(d), Stage: fmt.Sprintf("%s v%d", m.Stage, m.StageVersion), Kernel: m.Kernel, Digest: m.Digest()[:16]}
	var seeds []string
	for _, name := range slices.Sorted(maps.Keys(m.Seeds)) {
		seeds = append(seeds, fmt.Sprintf("%s %d", name, m.Seeds[name]))
	}
	o.Seeds = strings.Join(seeds, ", ")
	return o
}

var fingerprint = regexp.MustCompile(`-[0-9a-f]{16}$`)

// stepName is the step that made a dataset, from the name of its folder.
func stepName(d *shard.Dataset) string {
	return fingerprint.ReplaceAllString(path.Base(strings.ReplaceAll(d.URI(), `\`, "/")), "")
}

func showAUROC(x *float64) string {
	if x == nil {
		return "–"
	}
	return strconv.FormatFloat(*x, 'f', 3, 64)
}

func showPercent(x *float64) string {
	if x == nil {
		return "–"
	}
	return strconv.FormatFloat(100**x, 'f', 0, 64) + " %"
}

// smallCell is the count below which a number could point at a person.
const smallCell = 10

// showCount groups thousands and hides small counts.
func showCount(count any) string {
	n, wide := count.(int64)
	if !wide {
		n = int64(count.(int))
	}
	if n > 0 && n < smallCell {
		return "< 10"
	}
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
