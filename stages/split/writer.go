package split

import (
	"cmp"
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// writer writes the splits of what is listed in one part.
type writer struct {
	of     map[int64]string // by the ids that are listed
	met    int              // ids that are there
	first  map[int64]string // split of each patient's first row
	shared map[int64]bool   // patients in two splits
}

// unit is what is split: an admission, or where HadmID is 0 a patient.
type unit struct {
	SubjectID int64 `parquet:"subject_id"`
	HadmID    int64 `parquet:"hadm_id,optional"` // which patients do not have
}

// part goes through a table in its order, which is that of splits too.
func (w *writer) part(ctx context.Context, patients *dataset.Dataset, table string, to *dataset.PartWriter) error {
	defer to.Abort()
	rows, err := dataset.Rows[task.Split](to, task.TableSplits)
	if err != nil {
		return err
	}
	for u, err := range dataset.Read[unit](ctx, patients, table, to.Part()) {
		if err != nil {
			return err
		}
		of, listed := w.of[cmp.Or(u.HadmID, u.SubjectID)]
		to.Count(table+"."+cmp.Or(of, "none"), 1)
		if !listed {
			continue
		}
		w.see(u.SubjectID, of)
		if err := rows.Write(task.Split{SubjectID: u.SubjectID, HadmID: u.HadmID, Split: of}); err != nil {
			return err
		}
	}
	if n := len(w.shared); n > 0 {
		to.Count("patients_in_two_splits", int64(n))
	}
	_, err = to.Close()
	return err
}

func (w *writer) see(subject int64, of string) {
	w.met++
	if before, known := w.first[subject]; known && before != of {
		w.shared[subject] = true
	}
	w.first[subject] = of
}
