package mimic

import (
	"cmp"
	"context"

	"github.com/clinflow/clinflow/dataset"
)

// ByAdmission streams the rows of one part of a table, admission by admission. The
// patient tables are all ordered by patient and admission, so that what belongs to an
// admission is read from several of them side by side, one row ahead in memory.
type ByAdmission[R Row] struct {
	rowsAhead[R]
	orphans int64
}

// ReadByAdmission begins to read one part of a table. wanted says which of its rows
// are of interest; nil: all. R may have fewer columns than the table. Close it.
func ReadByAdmission[R Row](ctx context.Context, patients *dataset.Dataset, table string, part int, wanted func(*R) bool) *ByAdmission[R] {
	return &ByAdmission[R]{rowsAhead: readAhead(ctx, patients, table, part, wanted)}
}

// Of returns the wanted rows of an admission, in their order. It is asked for the
// admissions in the order of the table of admissions, for each once.
func (b *ByAdmission[R]) Of(a *Admission) ([]R, error) {
	var rows []R
	for b.more {
		key := b.ahead.Key()
		order := cmp.Or(cmp.Compare(key.SubjectID, a.SubjectID), cmp.Compare(key.HadmID, a.HadmID))
		if order > 0 {
			break
		}
		if order == 0 {
			rows = append(rows, b.ahead)
		} else {
			b.orphans++
		}
		b.advance()
	}
	return rows, b.err
}

// Orphans is the number of wanted rows of no admission that Of was asked for. It
// reads on to the end of the part.
func (b *ByAdmission[R]) Orphans() (int64, error) {
	for b.more {
		b.orphans++
		b.advance()
	}
	return b.orphans, b.err
}
