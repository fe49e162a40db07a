package report

import (
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/task"
)

// taskFacts is what a task was measured on.
type taskFacts struct {
	Label, Name, Kind, Positives, Score string
	N, Patients                         smallcell.Count
	Labels, Used, Skipped               int
}

// measured is a task's score in the first row that has it.
func (t resultTable) measured(name string) eval.TaskScore {
	for _, row := range t.variants() {
		if score, present := row.scores.Tasks[name]; present {
			return score
		}
	}
	return eval.TaskScore{}
}

func (t resultTable) facts() []taskFacts {
	var facts []taskFacts
	for _, name := range t.Tasks {
		score, of := t.measured(name), t.of[name]
		f := taskFacts{
			Label: taskLabel(name), Name: taskNames[name], Kind: string(of.Kind), Labels: of.NumLabels, Score: scoreName(score),
			N: score.N, Patients: score.Patients, Used: score.ClassesUsed, Skipped: score.ClassesSkipped, Positives: page.Count(score.Positives),
		}
		switch {
		case score.ClassCounts != nil:
			f.Positives = "by class " + showParts(score.ClassCounts)
		case of.Kind == task.Multilabel:
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

// twoMeasures are the pairs of measures that a task may have.
var twoMeasures = [][]string{
	{auroc.MeasureOvO, auroc.MeasureOvR},
	{auroc.MeasureSoftmax, auroc.MeasureSigmoid},
}

// bothScores is nil where no task has two.
func (t resultTable) bothScores() *bothScores {
	var b bothScores
	for _, name := range t.Tasks {
		score := t.measured(name)
		for _, pair := range twoMeasures {
			if !slices.Contains(pair, score.Measure) {
				continue
			}
			for _, measure := range pair {
				b.Columns = append(b.Columns, scoreColumn{taskLabel(name), measureNames[measure], measure == score.Measure, name, measure})
			}
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
		texts[i] = page.Count(n)
	}
	return strings.Join(texts, " · ")
}
