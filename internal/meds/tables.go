package meds

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// table opens one part of a patient table.
type table func(ctx context.Context, patients *dataset.Dataset, part int) reader

// reader reads a table patient by patient.
type reader interface {
	// Next is whose rows come next; ok is false at the end.
	Next() (subjectID int64, ok bool, err error)
	// tell tells a patient's history the patient's rows.
	tell(h *history) error
	Close()
}

// tables in the order in which a history is told them: what was coded is known when the
// patient is discharged.
var tables = []table{
	of(mimic.TableAdmissions, (*history).admission),
	of(mimic.TablePatients, (*history).patient),
	of(mimic.TableDiagnoses, (*history).diagnosis),
	of(mimic.TableProcedures, (*history).procedure),
	of(mimic.TableICUStays, (*history).icuStay),
}

// notes are read where they are asked for.
var notes = of(mimic.TableNotes, (*history).note)

// of is a table and what a history makes of its rows.
func of[R mimic.Row](name string, event func(*history, *R)) table {
	return func(ctx context.Context, patients *dataset.Dataset, part int) reader {
		return rows[R]{mimic.ReadByPatient[R](ctx, patients, name, part, nil), event}
	}
}

// rows is a part of a table.
type rows[R mimic.Row] struct {
	*mimic.ByPatient[R]
	event func(*history, *R)
}

func (r rows[R]) tell(h *history) error {
	all, err := r.Of(h.subjectID)
	for i := range all {
		r.event(h, &all[i])
	}
	return err
}

// reading are the tables of a part, side by side.
type reading []reader

func read(ctx context.Context, patients *dataset.Dataset, withNotes bool, part int) (all reading) {
	for _, open := range tables {
		all = append(all, open(ctx, patients, part))
	}
	if withNotes {
		all = append(all, notes(ctx, patients, part))
	}
	return all
}

func (all reading) close() {
	for _, r := range all {
		r.Close()
	}
}

// next is the history of the patient who comes next, nil at the end.
func (all reading) next() (h *history, err error) {
	for _, r := range all {
		subjectID, ok, err := r.Next()
		if err != nil {
			return nil, err
		}
		if ok && (h == nil || subjectID < h.subjectID) {
			h = newHistory(subjectID)
		}
	}
	if h == nil {
		return nil, nil
	}
	for _, r := range all {
		if err := r.tell(h); err != nil {
			return nil, err
		}
	}
	h.end()
	return h, nil
}
