package meds

import (
	"context"
	"iter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// table opens one part of a patient table.
type table func(ctx context.Context, patients *dataset.Dataset, part int) reader

// reader reads a table patient by patient.
type reader interface {
	// next is whose rows come next; ok is false at the end.
	next() (subjectID int64, ok bool)
	// tell tells a patient's history the patient's rows.
	tell(h *history) error
	close()
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
		r := &rows[R]{event: event}
		r.pull, r.stop = iter.Pull2(dataset.Read[R](ctx, patients, name, part))
		r.advance()
		return r
	}
}

// rows is a part of a table, one row ahead.
type rows[R mimic.Row] struct {
	event func(*history, *R)
	pull  func() (R, error, bool)
	stop  func()
	ahead R
	err   error
	more  bool
}

func (r *rows[R]) advance() { r.ahead, r.err, r.more = r.pull() }

func (r *rows[R]) next() (int64, bool) { return r.ahead.Key().SubjectID, r.more }

func (r *rows[R]) tell(h *history) error {
	for r.more && r.err == nil && r.ahead.Key().SubjectID == h.subjectID {
		r.event(h, &r.ahead)
		r.advance()
	}
	return r.err
}

func (r *rows[R]) close() { r.stop() }

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
		r.close()
	}
}

// next is the history of the patient who comes next, nil at the end.
func (all reading) next() (h *history, err error) {
	for _, r := range all {
		if subjectID, ok := r.next(); ok && (h == nil || subjectID < h.subjectID) {
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
