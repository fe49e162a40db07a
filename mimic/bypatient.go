package mimic

import (
	"context"
	"iter"

	"github.com/clinflow/clinflow/dataset"
)

// ByPatient streams the rows of one part of a table, patient by patient, one row ahead in
// memory.
type ByPatient[R Row] struct {
	pull   func() (R, error, bool)
	stop   func()
	wanted func(*R) bool
	ahead  R
	more   bool
	err    error
}

// ReadByPatient begins to read one part of a table. wanted says which of its rows are of
// interest; nil: all. R may have fewer columns than the table. Close it.
func ReadByPatient[R Row](ctx context.Context, patients *dataset.Dataset, table string, part int, wanted func(*R) bool) *ByPatient[R] {
	b := &ByPatient[R]{wanted: wanted}
	b.pull, b.stop = iter.Pull2(dataset.Read[R](ctx, patients, table, part))
	b.advance()
	return b
}

// Of returns the wanted rows of a patient, in their order. Patients are asked for in
// ascending order, each once; the rows of those between are passed over.
func (b *ByPatient[R]) Of(subjectID int64) (rows []R, err error) {
	for ; b.more && b.ahead.Key().SubjectID <= subjectID; b.advance() {
		if b.ahead.Key().SubjectID == subjectID {
			rows = append(rows, b.ahead)
		}
	}
	return rows, b.err
}

// Close ends the reading, finished or not.
func (b *ByPatient[R]) Close() { b.stop() }

// advance goes to the next row that is wanted.
func (b *ByPatient[R]) advance() {
	for {
		row, err, more := b.pull()
		b.ahead, b.err, b.more = row, err, more && err == nil
		if !b.more || b.wanted == nil || b.wanted(&row) {
			return
		}
	}
}
