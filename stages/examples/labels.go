package examples

import (
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

func (j *join) labelsOf(subject int64) (*labels, error) {
	if j.labels == nil {
		return nil, nil
	}
	rows, _, err := j.labels.of(subject)
	if err != nil {
		return nil, err
	}
	l := &labels{rows: rows, met: make([]bool, len(rows)), byText: map[string]int{}, byAdmission: map[int64]int{}}
	for i, row := range rows {
		if row.TextID != "" {
			l.byText[row.TextID] = i
		} else {
			l.byAdmission[row.HadmID] = i
		}
	}
	if len(l.byText)+len(l.byAdmission) < len(rows) {
		return nil, exit.Errorf(exit.BadData, "%s: a text or an admission has two labels in part %d; make the labels again", j.labels.uri, j.part)
	}
	return l, nil
}

// labels are those of one patient.
type labels struct {
	rows        []task.Label
	met         []bool // whether the label has a text
	byText      map[string]int
	byAdmission map[int64]int
}

// of is the label of a text: its own, or else its admission's.
func (l *labels) of(text task.Tokens) (task.Label, bool) {
	if l == nil {
		return task.Label{}, false
	}
	i, ok := l.byText[text.TextID]
	if !ok && text.HadmID != 0 {
		i, ok = l.byAdmission[text.HadmID]
	}
	if !ok {
		return task.Label{}, false
	}
	l.met[i] = true
	return l.rows[i], true
}

// eachUnmet tells each label that has no text.
func (l *labels) eachUnmet(tell func(task.Label)) {
	if l == nil {
		return
	}
	for i, met := range l.met {
		if !met {
			tell(l.rows[i])
		}
	}
}
