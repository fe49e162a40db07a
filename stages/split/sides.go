package split

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/task"
)

// Sides are the splits of one part: of patients, or of their admissions one by one.
// Some 100 bytes a patient or admission are held.
type Sides struct {
	patients, admissions map[int64]string
	shared               map[int64]bool // patients in more than one split
	torn                 bool           // a patient, or an admission, is listed in two splits
}

// Of is the split of what belongs to a patient's admission, 0 for none; ok is false
// where it is in no split.
func (s Sides) Of(subjectID, hadmID int64) (name string, ok bool) {
	if name, ok = s.admissions[hadmID]; ok {
		return name, true
	}
	name, ok = s.patients[subjectID]
	return name, ok
}

// Part reads one part of a dataset of splits. A patient in two splits would be trained
// on and tested, and is an error of exit.BadData unless the overlap is allowed.
func (o Overlap) Part(ctx context.Context, d *dataset.Dataset, part int) (Sides, error) {
	s, err := readPart(ctx, d, part)
	switch n := len(s.shared); {
	case err != nil:
		return s, err
	case n > 0 && !o.AllowPatientOverlap:
		return s, exit.Errorf(exit.BadData, "%s: %s patients occur in more than one split in part %d, so the test would measure memory; split by subject_id, or set %s: true", d.URI(), smallcell.Of(n), part, overlapKey)
	case s.torn:
		return s, exit.Errorf(exit.BadData, "%s: part %d puts one patient, or one admission, into two splits; make it again", d.URI(), part)
	}
	return s, nil
}

func readPart(ctx context.Context, d *dataset.Dataset, part int) (Sides, error) {
	s := Sides{patients: map[int64]string{}, admissions: map[int64]string{}, shared: map[int64]bool{}}
	first := map[int64]string{} // of a patient's rows
	for row, err := range dataset.Read[task.Split](ctx, d, task.TableSplits, part) {
		if err != nil {
			return s, err
		}
		if !slices.Contains(Names, row.Split) {
			return s, exit.Errorf(exit.BadData, "%s: part %d puts a patient into a split that is none of train, val and test; make it again", d.URI(), part)
		}
		s.put(row)
		if before, known := first[row.SubjectID]; known && before != row.Split {
			s.shared[row.SubjectID] = true
		}
		first[row.SubjectID] = row.Split
	}
	return s, nil
}

func (s *Sides) put(row task.Split) {
	of, id := s.patients, row.SubjectID
	if row.HadmID != 0 {
		of, id = s.admissions, row.HadmID
	}
	before, known := of[id]
	s.torn = s.torn || known && before != row.Split
	of[id] = row.Split
}
