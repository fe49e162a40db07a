package before

import (
	"cmp"
	"iter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// stay identifies an admission in the order of the tables.
type stay struct{ subjectID, hadmID int64 }

func (s stay) compare(other stay) int {
	return cmp.Or(cmp.Compare(s.subjectID, other.subjectID), cmp.Compare(s.hadmID, other.hadmID))
}

func stayOf(row mimic.Row) stay {
	key := row.Key()
	return stay{key.SubjectID, key.HadmID}
}

// companion is a table that is read beside the admissions.
type companion interface {
	// rest goes through the rows behind the last admission, and counts all that
	// belong to none.
	rest(out *dataset.PartWriter) error
	close()
}

// joined is a stream of the rows that are wanted of a table, with one of
// look-ahead. All tables are sorted by patient and admission, so one stream of
// each is enough.
type joined[R mimic.Row] struct {
	next        func() (R, error, bool)
	stop        func()
	wanted      func(*R) bool
	ahead       R
	more        bool
	orphanCount string // the manifest's name for the rows of no admission
	orphans     int64
}

// beside opens a table of the walk's part.
func beside[R mimic.Row](w *walk, table, orphanCount string, wanted func(*R) bool) (*joined[R], error) {
	j := &joined[R]{wanted: wanted, orphanCount: orphanCount}
	j.next, j.stop = iter.Pull2(dataset.Read[R](w.ctx, w.patients, table, w.part))
	w.beside = append(w.beside, j)
	return j, j.advance()
}

// of returns the rows of an admission and leaves the stream behind them. It is
// asked for all admissions in turn.
func (j *joined[R]) of(want stay) ([]R, error) {
	var found []R
	for j.more {
		order := stayOf(j.ahead).compare(want)
		if order > 0 {
			break
		}
		if order == 0 {
			found = append(found, j.ahead)
		} else {
			j.orphans++
		}
		if err := j.advance(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (j *joined[R]) rest(out *dataset.PartWriter) error {
	for j.more {
		j.orphans++
		if err := j.advance(); err != nil {
			return err
		}
	}
	out.Count(j.orphanCount, j.orphans)
	return nil
}

func (j *joined[R]) close() { j.stop() }

// advance goes to the next row that is wanted.
func (j *joined[R]) advance() error {
	for {
		row, err, more := j.next()
		if j.ahead, j.more = row, more && err == nil; err != nil || !more {
			return err
		}
		if j.wanted(&row) {
			return nil
		}
	}
}
