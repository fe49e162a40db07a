package report

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/task"
)

// measureTable is what a task's rows measure beside AUROC.
type measureTable struct {
	Label, About string
	Decided      string // how decisions are made, where not at a threshold that val chose
	Rows         []measureRow
}

// measureRow holds texts: a dash is what is not told.
type measureRow struct {
	Name                                    string
	Beside                                  bool
	AUPRC, Brier, ECE                       string
	BrierAfter, ECEAfter                    string
	F1, Precision, Sensitivity, Specificity string
}

// measures are tables of the tasks that have more than an AUROC.
func (t resultTable) measures() (tables []measureTable) {
	for _, name := range t.Tasks {
		table := measureTable{Label: taskLabel(name), About: t.about(name)}
		any, threshold := false, false
		for _, row := range t.Rows {
			score, present := row.scores.Tasks[name]
			if !present {
				continue
			}
			any = any || score.AUPRC != nil || score.Probabilities != nil
			threshold = threshold || score.AtThreshold != nil
			table.Rows = append(table.Rows, measureRowOf(row, score))
		}
		switch {
		case t.of[name].Kind == task.Multiclass:
			table.Decided = "by the likeliest class"
		case !threshold:
			table.Decided = "at one half"
		}
		if any {
			tables = append(tables, table)
		}
	}
	return tables
}

// about says how many examples are positive, which is what chance has where they are many.
func (t resultTable) about(name string) string {
	score := t.measured(name)
	if score.Prevalence == nil {
		return ""
	}
	return fmt.Sprintf("prevalence %s", showAUROC(score.Prevalence))
}

func measureRowOf(row resultRow, score eval.TaskScore) measureRow {
	m := measureRow{Name: row.Name, Beside: row.Beside, AUPRC: showAUROC(score.AUPRC), Brier: dash, ECE: dash, BrierAfter: dash, ECEAfter: dash, F1: dash, Precision: dash, Sensitivity: dash, Specificity: dash}
	if p := score.Probabilities; p != nil {
		m.Brier, m.ECE = showAUROC(&p.Brier), showAUROC(&p.ECE)
	}
	if c := score.Calibration; c != nil {
		m.BrierAfter, m.ECEAfter = showAUROC(&c.After.Brier), showAUROC(&c.After.ECE)
	}
	if d := decisionsOf(score); d != nil {
		m.F1, m.Precision, m.Sensitivity, m.Specificity = f1Of(d), showAUROC(d.Precision), showAUROC(d.Sensitivity), showAUROC(d.Specificity)
	}
	return m
}

// decisionsOf are those at the threshold that val chose, else those at one half.
func decisionsOf(score eval.TaskScore) *eval.Decisions {
	if score.AtThreshold != nil {
		return score.AtThreshold
	}
	return score.AtHalf
}

// f1Of is F1 of a binary task's positive class, else over all classes: micro of labels,
// macro of classes.
func f1Of(d *eval.Decisions) string {
	switch {
	case d.F1 != nil:
		return showAUROC(d.F1)
	case d.Threshold != nil:
		return showAUROC(d.F1Micro)
	default:
		return showAUROC(d.F1Macro)
	}
}
