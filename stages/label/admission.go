// Package label turns patient shards into the examples of a task: the text that
// was known when the patient came, and the outcome.
package label

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/clinflow/clinflow/internal/shard"
)

// admission is one hospital stay and the discharge summaries written for it,
// in note_seq order.
type admission struct {
	shard.Admission
	summaries []shard.Note
}

// stay identifies an admission in the order of the tables.
type stay struct{ subjectID, hadmID int64 }

func (s stay) compare(other stay) int {
	return cmp.Or(cmp.Compare(s.subjectID, other.subjectID), cmp.Compare(s.hadmID, other.hadmID))
}

// admissions walks through a part's admissions in order. Both tables are sorted
// by patient and admission, so one stream of each is enough. Summaries of no
// listed admission are counted by the walk in *orphans.
func admissions(ctx context.Context, patients *shard.Dataset, part int, orphans *int64) iter.Seq2[admission, error] {
	return func(yield func(admission, error) bool) {
		notes, err := newSummaries(shard.Read[shard.Note](ctx, patients, shard.TableNotes, part))
		if err != nil {
			yield(admission{}, err)
			return
		}
		defer notes.stop()
		for row, err := range shard.Read[shard.Admission](ctx, patients, shard.TableAdmissions, part) {
			a := admission{Admission: row}
			if err == nil {
				a.summaries, err = notes.of(stay{row.SubjectID, row.HadmID}, orphans)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
		if err := notes.rest(orphans); err != nil {
			yield(admission{}, err)
		}
	}
}

// summaries is a stream of notes cut down to the discharge summaries, with one
// of look-ahead.
type summaries struct {
	next  func() (shard.Note, error, bool)
	stop  func()
	ahead shard.Note
	more  bool
}

func newSummaries(notes iter.Seq2[shard.Note, error]) (*summaries, error) {
	s := &summaries{}
	s.next, s.stop = iter.Pull2(notes)
	return s, s.advance()
}

// of returns the summaries of a stay and leaves the stream behind them.
func (s *summaries) of(want stay, orphans *int64) ([]shard.Note, error) {
	var found []shard.Note
	for s.more {
		order := stay{s.ahead.SubjectID, s.ahead.HadmID}.compare(want)
		if order > 0 {
			break
		}
		if order == 0 {
			found = append(found, s.ahead)
		} else {
			*orphans++
		}
		if err := s.advance(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b shard.Note) int { return cmp.Compare(a.NoteSeq, b.NoteSeq) })
	return found, nil
}

// rest counts the summaries behind the last admission.
func (s *summaries) rest(orphans *int64) error {
	_, err := s.of(stay{1<<63 - 1, 1<<63 - 1}, orphans)
	return err
}

// advance goes to the next discharge summary.
func (s *summaries) advance() error {
	for {
		note, err, more := s.next()
		if s.ahead, s.more = note, more && err == nil; err != nil || !more {
			return err
		}
		if isSummary(&note) {
			return nil
		}
	}
}

// isSummary leaves addenda out, unlike CORe, which joins them to the report:
// they are written after the fact, have no admission sections of their own, and
// so can only bring in what came later. Notes marked as errors are left out too.
func isSummary(n *shard.Note) bool {
	return n.Category == "Discharge summary" && n.NoteType != noteTypeAddendum && !n.IsError
}

// noteTypeAddendum is MIMIC-IV-Note's type of an addendum to a discharge summary.
const noteTypeAddendum = "AD"
