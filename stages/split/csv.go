package split

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/textio"
)

// csvList is a CSV file.
type csvList struct {
	file io.Closer
	csv  *csvgz.Reader
	at   []int // the places of the table's columns
}

func openCSV(ctx context.Context, t table, dir store.Dir, name string) (list, error) {
	file, err := dir.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	r, err := csvgz.NewReader(textio.Interruptible(ctx, file), dir.URI()+"/"+name, 1)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	l := csvList{file: file, csv: r}
	if l.at, err = r.Columns(t.columns()...); err == nil {
		return l, nil
	}
	if _, missing := r.Columns(ByAdmission); missing == nil && t.id != ByAdmission {
		err = exit.Errorf(exit.BadData, "%w; it has %s: where it is to split admissions set by: %s", err, ByAdmission, ByAdmission)
	}
	l.close()
	return nil, err
}

func (l csvList) close() {
	l.csv.Close()
	_ = l.file.Close()
}

func (l csvList) rows(context.Context) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		var rec csvgz.Record
		for {
			err := l.csv.Read(&rec)
			if errors.Is(err, io.EOF) || !yield(l.row(&rec), err) || err != nil {
				return
			}
		}
	}
}

// row is a record; one that cannot be used has no id.
func (l csvList) row(rec *csvgz.Record) listed {
	row := listed{place: "row " + strconv.FormatInt(rec.Row, 10)}
	if rec.Reason == "" && rec.Fields != nil {
		row.id, _ = strconv.ParseInt(rec.Fields[l.at[0]], 10, 64)
		row.split = rec.Fields[l.at[len(l.at)-1]]
	}
	return row
}
