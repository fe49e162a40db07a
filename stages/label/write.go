package label

import (
	"errors"

	"github.com/clinflow/clinflow/internal/shard"
)

// exampleWriter writes examples, their MEDS labels and the counts.
type exampleWriter struct {
	out      *shard.PartWriter
	task     outcomes
	examples *shard.RowWriter[shard.Example]
	meds     *shard.RowWriter[shard.MEDSLabel]
}

func newExampleWriter(out *shard.PartWriter, task outcomes) (w *exampleWriter, err error) {
	w = &exampleWriter{out: out, task: task}
	if w.examples, err = shard.Rows[shard.Example](out, shard.TableExamples); err != nil {
		return nil, err
	}
	w.meds, err = shard.Rows[shard.MEDSLabel](out, shard.TableMEDS, task.medsLacks()...)
	return w, err
}

// write takes an admission's example, or counts why it gives none.
func (w *exampleWriter) write(e *shard.Example, dropped string) error {
	w.out.Count("read", 1)
	if dropped != "" {
		w.out.Count(dropped, 1)
		return nil
	}
	w.out.Count("kept", 1)
	w.out.Count("kept."+e.Split, 1)
	if name, n := w.task.tally(e); n > 0 {
		w.out.Count(name+"."+e.Split, n)
	}
	return errors.Join(w.writeMEDS(e), w.examples.Write(*e))
}

// writeMEDS writes the example's labels, where it has the time that MEDS asks for.
func (w *exampleWriter) writeMEDS(e *shard.Example) error {
	if e.PredictionTime == 0 {
		w.out.Count("meds_without_prediction_time", 1)
		return nil
	}
	for _, row := range w.task.meds(e) {
		row.SubjectID, row.PredictionTime = e.SubjectID, e.PredictionTime
		if err := w.meds.Write(row); err != nil {
			return err
		}
	}
	return nil
}
