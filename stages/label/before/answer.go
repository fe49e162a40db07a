package before

import (
	"strconv"

	"github.com/clinflow/clinflow/task"
)

// The kinds of labels. A task's outcomes embed theirs.

// binary labels are 0 or 1.
type binary struct{}

func (binary) tally(e *task.Example) (string, int64) { return "positives", int64(e.Label) }

func (binary) meds(e *task.Example) []task.MEDSLabel {
	return []task.MEDSLabel{{BooleanValue: e.Label == 1}}
}

func (binary) medsLacks() []string { return []string{"integer_value", "categorical_value"} }

// classes are labels of which an example has one.
type classes struct{}

func (classes) tally(e *task.Example) (string, int64) {
	return "class." + strconv.Itoa(int(e.Label)), 1
}

func (classes) meds(e *task.Example) []task.MEDSLabel {
	return []task.MEDSLabel{{IntegerValue: int64(e.Label)}}
}

func (classes) medsLacks() []string { return []string{"boolean_value", "categorical_value"} }

// sets are labels of which an example has any number, by their numbers in names.
type sets struct{ names []string }

func (sets) tally(e *task.Example) (string, int64) { return "pairs", int64(len(e.Labels)) }

func (s sets) meds(e *task.Example) []task.MEDSLabel {
	rows := make([]task.MEDSLabel, len(e.Labels))
	for i, label := range e.Labels {
		rows[i].CategoricalValue = s.names[label]
	}
	return rows
}

func (sets) medsLacks() []string { return []string{"boolean_value", "integer_value"} }
