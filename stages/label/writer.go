package label

import (
	"errors"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// Writer writes the labels of a part, also as MEDS has them, and counts them.
type Writer struct {
	task   task.Task
	out    *dataset.PartWriter
	labels *dataset.RowWriter[task.Label]
	meds   *dataset.RowWriter[task.MEDSLabel]
}

// medsLacks are the values that labels of a kind do not have in the MEDS schema.
var medsLacks = map[task.Kind][]string{
	task.Binary:     {"integer_value", "categorical_value"},
	task.Multiclass: {"boolean_value", "categorical_value"},
	task.Multilabel: {"boolean_value", "integer_value"},
}

// NewWriter begins to write the labels of a task.
func NewWriter(t task.Task, out *dataset.PartWriter) (w *Writer, err error) {
	lacks, known := medsLacks[t.Kind]
	if !known {
		return nil, exit.Errorf(exit.Failed, "the task %s is of kind %q: labels are binary, multiclass or multilabel", t.Name, t.Kind)
	}
	w = &Writer{task: t, out: out}
	if w.labels, err = dataset.Rows[task.Label](out, task.TableLabels); err != nil {
		return nil, err
	}
	w.meds, err = dataset.Rows[task.MEDSLabel](out, task.TableMEDS, lacks...)
	return w, err
}

// Write takes the label of an admission or text, or counts why it has none.
func (w *Writer) Write(row task.Label, dropped string) error {
	w.out.Count("read", 1)
	if dropped != "" {
		w.out.Count("dropped."+dropped, 1)
		return nil
	}
	for _, label := range append(row.Labels[:len(row.Labels):len(row.Labels)], row.Label) {
		if label < 0 || int(label) >= w.task.NumLabels() {
			return exit.Errorf(exit.Failed, "the task %s has %d labels, and hadm_id %d the label %d", w.task.Name, w.task.NumLabels(), row.HadmID, label)
		}
	}
	w.out.Count("kept", 1)
	switch {
	case w.task.Multilabel():
		w.out.Count("pairs", int64(len(row.Labels)))
	case w.task.Kind == task.Binary:
		w.out.Count("positives", int64(row.Label))
	default:
		w.out.Count("class."+strconv.Itoa(int(row.Label)), 1)
	}
	return errors.Join(w.labels.Write(row), w.writeMEDS(row))
}

// writeMEDS writes the labels where there is the time that MEDS asks for.
func (w *Writer) writeMEDS(row task.Label) error {
	if row.PredictionTime == 0 {
		w.out.Count("meds_without_prediction_time", 1)
		return nil
	}
	m := task.MEDSLabel{SubjectID: row.SubjectID, PredictionTime: row.PredictionTime}
	switch w.task.Kind {
	case task.Binary:
		m.BooleanValue = row.Label == 1
	case task.Multiclass:
		m.IntegerValue = int64(row.Label)
	default:
		for _, label := range row.Labels {
			m.CategoricalValue = w.task.Labels[label]
			if err := w.meds.Write(m); err != nil {
				return err
			}
		}
		return nil
	}
	return w.meds.Write(m)
}
