// Package label turns patient shards into the examples of a task: the text that
// was known when the patient came, and the outcome.
package before

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// admission is one hospital stay and the discharge summaries written for it,
// in note_seq order.
type admission struct {
	mimic.Admission
	summaries []Summary
}

// Summary is what is read of a note.
type Summary struct {
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
	Category  string `parquet:"category,optional"`
	NoteType  string `parquet:"note_type,optional"`
	NoteSeq   int32  `parquet:"note_seq"`
	IsError   bool   `parquet:"iserror"`
	Text      string `parquet:"text,plain"`
}

// Key orders summaries by admission, as the notes' table is.
func (s Summary) Key() mimic.Key { return mimic.Key{SubjectID: s.SubjectID, HadmID: s.HadmID} }

func (a *admission) stay() stay { return stay{a.SubjectID, a.HadmID} }

// walk goes through a part's admissions in order, and through what other tables
// have of each.
type walk struct {
	ctx      context.Context
	patients *dataset.Dataset
	part     int
	out      *dataset.PartWriter // for counts
	beside   []companion
}

const countOrphanSummary = "summaries_without_admission"

// admissions gives each admission with its summaries. Behind the last one the
// rows of no listed admission are counted.
func (w *walk) admissions() iter.Seq2[admission, error] {
	return func(yield func(admission, error) bool) {
		notes, err := beside(w, mimic.TableNotes, countOrphanSummary, isSummary)
		if err != nil {
			yield(admission{}, err)
			return
		}
		for row, err := range dataset.Read[mimic.Admission](w.ctx, w.patients, mimic.TableAdmissions, w.part) {
			a := admission{Admission: row}
			if err == nil {
				a.summaries, err = notes.of(a.stay())
			}
			slices.SortStableFunc(a.summaries, func(a, b Summary) int { return cmp.Compare(a.NoteSeq, b.NoteSeq) })
			if !yield(a, err) || err != nil {
				return
			}
		}
		if err := w.rest(); err != nil {
			yield(admission{}, err)
		}
	}
}

func (w *walk) rest() error {
	for _, table := range w.beside {
		if err := table.rest(w.out); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the walk, finished or not.
func (w *walk) stop() {
	for _, table := range w.beside {
		table.close()
	}
}

// isSummary leaves addenda out, unlike CORe, which joins them to the report:
// they are written after the fact, have no admission sections of their own, and
// so can only bring in what came later. Notes marked as errors are left out too.
func isSummary(n *Summary) bool {
	return n.Category == mimic.CategoryDischargeSummary && n.NoteType != mimic.Addendum && !n.IsError
}
