package mimic

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
)

// ByPatient streams the rows of one part of a table, patient by patient.
type ByPatient[R Row] struct{ rowsAhead[R] }

// ReadByPatient begins to read one part of a table. wanted says which of its rows are of
// interest; nil: all. R may have fewer columns than the table. Close it.
func ReadByPatient[R Row](ctx context.Context, patients *dataset.Dataset, table string, part int, wanted func(*R) bool) *ByPatient[R] {
	return &ByPatient[R]{readAhead(ctx, patients, table, part, wanted)}
}

// Next is the patient whose wanted rows come next; ok is false at the end.
func (b *ByPatient[R]) Next() (subjectID int64, ok bool, err error) {
	return b.ahead.Key().SubjectID, b.more, b.err
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
