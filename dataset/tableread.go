package dataset

import (
	"context"
	"errors"
	"io/fs"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
)

// tableReader is a Parquet file being read. The decoder may panic on a damaged
// file, so that every call into it is guarded.
type tableReader struct {
	place string // dataset and part, for errors
	file  *file.Reader
}

func openTable(ctx context.Context, dir store.Dir, name string) (*tableReader, error) {
	t := &tableReader{place: dir.URI() + "/" + name}
	source, err := dir.OpenAt(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.BadData, "%s is missing; make the dataset again", t.place)
	}
	if err != nil {
		return nil, err
	}
	err = guard.Do(t.place, func() (err error) {
		t.file, err = file.NewParquetReader(source)
		return err
	})
	if err != nil {
		_ = source.Close()
		return nil, t.damaged("its footer cannot be read")
	}
	return t, nil
}

func (t *tableReader) close() { _ = t.file.Close() }

// damaged never wraps the decoder's error, which may hold data.
func (t *tableReader) damaged(what string) error {
	return exit.Errorf(exit.BadData, "%s is damaged: %s; make the dataset again", t.place, what)
}

// group decodes one row group into rows, which it returns grown or cut to the
// group's length. A group of more than limit rows is refused before memory is
// taken for it.
func group[T any](t *tableReader, index int, limit int64, rows []T) ([]T, error) {
	var count int64
	var missing string
	err := guard.Do(t.place, func() error {
		reader := t.file.RowGroup(index)
		count = reader.NumRows()
		if count < 0 || count > limit {
			return errChunk
		}
		rows = resize(rows, int(count))
		var err error
		missing, err = decode(reader, layoutOf[T](), pointers(rows))
		return err
	})
	switch {
	case missing != "":
		return nil, exit.Errorf(exit.BadData, "%s has no column %q: it was written by another version; make the dataset again", t.place, missing)
	case err != nil:
		return nil, t.damaged("a row group cannot be decoded")
	}
	return rows, nil
}

// decode fills the rows by column name. It returns the name of a mandatory
// column that the file lacks.
func decode(reader *file.RowGroupReader, l *layout, rows []unsafe.Pointer) (missing string, err error) {
	columns := reader.MetaData().Schema
	for _, c := range l.columns {
		index := columns.ColumnIndexByName(c.path())
		if index < 0 && c.absent() {
			continue
		}
		if index < 0 {
			return c.path(), errChunk
		}
		chunk, err := reader.Column(index)
		if err != nil {
			return "", err
		}
		if err := errors.Join(c.read(chunk, rows), chunk.Close()); err != nil {
			return "", err
		}
	}
	return "", nil
}

// ColumnNames are the columns that a part of a table has, in their order: its rows
// may be of a type that has more.
func ColumnNames(ctx context.Context, d *Dataset, table string, part int) (names []string, err error) {
	if _, err := d.part(table, part); err != nil {
		return nil, err
	}
	t, err := openTable(ctx, d.dir, partName(table, part, d.Manifest.Parts))
	if err != nil {
		return nil, err
	}
	defer t.close()
	root := t.file.MetaData().Schema.Root()
	for i := range root.NumFields() {
		names = append(names, root.Field(i).Name())
	}
	return names, nil
}

// resize returns n zeroed rows, in the same memory where there is enough.
func resize[T any](rows []T, n int) []T {
	if cap(rows) < n {
		return make([]T, n)
	}
	rows = rows[:n]
	clear(rows)
	return rows
}

func pointers[T any](rows []T) []unsafe.Pointer {
	all := make([]unsafe.Pointer, len(rows))
	for i := range rows {
		all[i] = unsafe.Pointer(&rows[i])
	}
	return all
}
