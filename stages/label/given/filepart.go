package given

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/task"
)

// fileNote is what is read of a note.
type fileNote struct {
	NoteID    string       `parquet:"note_id,plain"`
	SubjectID int64        `parquet:"subject_id"`
	HadmID    int64        `parquet:"hadm_id,optional"`
	Chartdate dataset.Time `parquet:"chartdate,optional"`
	Charttime dataset.Time `parquet:"charttime,optional"`
}

// fileUnit is an admission or a note, with the id that a file has it by.
type fileUnit struct {
	id  string
	row task.Label
}

// units are the admissions or notes of a part in the order of labels.
func (f fromFile) units(ctx context.Context, d *dataset.Dataset, part int) iter.Seq2[fileUnit, error] {
	if f.config.By == byNote {
		return inOrder(unitsOf(dataset.Read[fileNote](ctx, d, mimic.TableNotes, part), func(n fileNote) fileUnit {
			return fileUnit{n.NoteID, task.Label{SubjectID: n.SubjectID, HadmID: n.HadmID, TextID: n.NoteID, PredictionTime: cmp.Or(n.Charttime, n.Chartdate)}}
		}))
	}
	return unitsOf(dataset.Read[mimic.Admission](ctx, d, mimic.TableAdmissions, part), func(a mimic.Admission) fileUnit {
		return fileUnit{strconv.FormatInt(a.HadmID, 10), task.Label{SubjectID: a.SubjectID, HadmID: a.HadmID, PredictionTime: a.Admittime}}
	})
}

func unitsOf[R any](rows iter.Seq2[R, error], of func(R) fileUnit) iter.Seq2[fileUnit, error] {
	return func(yield func(fileUnit, error) bool) {
		for row, err := range rows {
			if !yield(of(row), err) {
				return
			}
		}
	}
}

// inOrder orders the notes of an admission by their ids: the table has them by time.
func inOrder(units iter.Seq2[fileUnit, error]) iter.Seq2[fileUnit, error] {
	return func(yield func(fileUnit, error) bool) {
		var held []fileUnit
		flush := func() bool {
			slices.SortStableFunc(held, func(a, b fileUnit) int { return cmp.Compare(a.id, b.id) })
			for _, u := range held {
				if !yield(u, nil) {
					return false
				}
			}
			held = held[:0]
			return true
		}
		for u, err := range units {
			if err != nil {
				yield(u, err)
				return
			}
			if len(held) > 0 && (held[0].row.SubjectID != u.row.SubjectID || held[0].row.HadmID != u.row.HadmID) && !flush() {
				return
			}
			held = append(held, u)
		}
		flush()
	}
}

// notListed is why an admission or note has no label.
const notListed = "not_listed"

// part writes the labels of a part, and tells how many of the listed ids are in it.
func (f fromFile) part(ctx context.Context, d *dataset.Dataset, t task.Task, listed listedLabels, out *dataset.PartWriter) (met int, err error) {
	defer out.Abort()
	w, err := label.NewWriter(t, out)
	if err != nil {
		return 0, err
	}
	numbers := t.Numbers()
	for u, err := range f.units(ctx, d, out.Part()) {
		if err != nil {
			return 0, err
		}
		dropped := notListed
		if names, listed := listed[u.id]; listed {
			met++
			u.row, dropped = f.label(u.row, names, numbers), ""
		}
		if err := w.Write(u.row, dropped); err != nil {
			return 0, err
		}
	}
	_, err = out.Close()
	return met, err
}

// label is a row with its labels by number.
func (f fromFile) label(row task.Label, names []string, numbers map[string]int32) task.Label {
	if f.kind != task.Multilabel {
		row.Label = numbers[names[0]]
		return row
	}
	for _, name := range names {
		row.Labels = append(row.Labels, numbers[name])
	}
	slices.Sort(row.Labels)
	return row
}
