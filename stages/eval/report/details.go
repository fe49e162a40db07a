package report

import (
	"strings"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
)

// taskFacts is what a task was measured on.
type taskFacts struct {
	Label, Name, Kind, Positives, Score string
	N                                   smallcell.Count
	Used, Skipped                       int
}

// measured is a task's score in the first row that has it.
func (t resultTable) measured(task string) eval.TaskScore {
	for _, row := range t.variants() {
		if score, present := row.scores.Tasks[task]; present {
			return score
		}
	}
	return eval.TaskScore{}
}

func (t resultTable) facts() []taskFacts {
	var facts []taskFacts
	for _, task := range t.Tasks {
		score := t.measured(task)
		f := taskFacts{
			Label: taskLabel(task), Name: taskNames[task], Kind: strings.ReplaceAll(score.Kind, "_", "-"), Score: scoreName(score),
			N: score.N, Used: score.ClassesUsed, Skipped: score.ClassesSkipped, Positives: showCount(score.Positives),
		}
		switch score.Kind {
		case eval.KindMulticlass:
			f.Positives = "by class " + showParts(score.ClassCounts)
		case eval.KindMultiLabel:
			f.Positives += " pairs"
		}
		facts = append(facts, f)
	}
	return facts
}

// bothScores are the AUROCs of the tasks that have two.
type bothScores struct {
	Columns []scoreColumn
	Rows    []resultRow
}

// scoreColumn is a task by one of its measures; Counts says that it is the one
// in the results.
type scoreColumn struct {
	Label, Name string
	Counts      bool

	task, measure string
}

// twoMeasures are the measures of the kinds of tasks that have two.
var twoMeasures = map[string][]string{
	eval.KindMulticlass: {auroc.MeasureOvO, auroc.MeasureOvR},
	eval.KindMultiLabel: {auroc.MeasureSoftmax, auroc.MeasureSigmoid},
}

// bothScores is nil where no task has two.
func (t resultTable) bothScores() *bothScores {
	var b bothScores
	for _, task := range t.Tasks {
		score := t.measured(task)
		for _, measure := range twoMeasures[score.Kind] {
			b.Columns = append(b.Columns, scoreColumn{taskLabel(task), measureNames[measure], measure == score.Measure, task, measure})
		}
	}
	if len(b.Columns) == 0 {
		return nil
	}
	for _, row := range t.Rows {
		both := resultRow{Name: row.Name, Beside: row.Beside}
		for _, c := range b.Columns {
			both.Cells = append(both.Cells, aurocCell(aurocBy(row.scores.Tasks[c.task], c.measure), row.scores.Tasks[c.task].SmallCells))
		}
		b.Rows = append(b.Rows, both)
	}
	return &b
}

// aurocBy is the AUROC by a measure.
func aurocBy(s eval.TaskScore, measure string) *float64 {
	return map[string]*float64{
		auroc.MeasureOvO: s.OneVsOne, auroc.MeasureOvR: s.OneVsRest, auroc.MeasureSoftmax: s.Softmax, auroc.MeasureSigmoid: s.Sigmoid,
	}[measure]
}

// showParts shows the parts of a sum.
func showParts(parts []smallcell.Count) string {
	texts := make([]string, len(parts))
	for i, n := range parts {
		texts[i] = showCount(n)
	}
	return strings.Join(texts, " · ")
}
