package columns

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/textio"
)

type csvTable struct {
	*rawcsv.Reader
	file io.Closer
}

func openCSV(ctx context.Context, dir store.Dir, name string) (Table, error) {
	file, err := dir.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	r, err := rawcsv.NewReader(textio.Interruptible(ctx, file), dir.URI()+"/"+name, 1)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return csvTable{r, file}, nil
}

func (t csvTable) Find(columns ...string) error {
	_, err := t.Columns(columns...)
	return err
}

func (t csvTable) Rows(_ context.Context, columns ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		at, err := t.Columns(columns...)
		var rec rawcsv.Record
		for err == nil {
			if err = t.Read(&rec); errors.Is(err, io.EOF) || err == nil && !yield(rowOf(&rec, at), nil) {
				return
			}
		}
		yield(Row{}, err)
	}
}

func rowOf(rec *rawcsv.Record, at []int) Row {
	row := Row{Number: rec.Row, Bad: rec.Reason}
	if row.Bad == "" {
		for _, i := range at {
			row.Cells = append(row.Cells, []string{rec.Text(i)})
		}
	}
	return row
}

func (csvTable) Lists() bool { return false }

func (t csvTable) Close() {
	t.Reader.Close()
	_ = t.file.Close()
}
