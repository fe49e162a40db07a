package before

import (
	"errors"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// exampleWriter writes examples, their MEDS labels and the counts.
type exampleWriter struct {
	out      *dataset.PartWriter
	labels   outcomes
	examples *dataset.RowWriter[task.Example]
	meds     *dataset.RowWriter[task.MEDSLabel]
}

func newExampleWriter(out *dataset.PartWriter, labels outcomes) (w *exampleWriter, err error) {
	w = &exampleWriter{out: out, labels: labels}
	if w.examples, err = dataset.Rows[task.Example](out, task.TableExamples); err != nil {
		return nil, err
	}
	w.meds, err = dataset.Rows[task.MEDSLabel](out, task.TableMEDS, labels.medsLacks()...)
	return w, err
}

// write takes an admission's example, or counts why it gives none.
func (w *exampleWriter) write(e *task.Example, dropped string) error {
	w.out.Count("read", 1)
	if dropped != "" {
		w.out.Count(dropped, 1)
		return nil
	}
	w.out.Count("kept", 1)
	w.out.Count("kept."+e.Split, 1)
	if name, n := w.labels.tally(e); n > 0 {
		w.out.Count(name+"."+e.Split, n)
	}
	return errors.Join(w.writeMEDS(e), w.examples.Write(*e))
}

// writeMEDS writes the example's labels, where it has the time that MEDS asks for.
func (w *exampleWriter) writeMEDS(e *task.Example) error {
	if e.PredictionTime == 0 {
		w.out.Count("meds_without_prediction_time", 1)
		return nil
	}
	for _, row := range w.labels.meds(e) {
		row.SubjectID, row.PredictionTime = e.SubjectID, e.PredictionTime
		if err := w.meds.Write(row); err != nil {
			return err
		}
	}
	return nil
}
