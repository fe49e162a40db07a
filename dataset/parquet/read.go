package parquet

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
)

// Reader is a file that was opened to be read. The decoder may panic on a damaged
// file, so that every call into it is guarded.
type Reader struct {
	place  string // of the file, for errors
	file   *file.Reader
	source *source
}

// source remembers the first error of reading: a file that cannot be reached is not
// damaged.
type source struct {
	store.ReaderAt
	mu  sync.Mutex
	err error
}

// ReadAt implements io.ReaderAt. An offset that no file has is the damaged footer's,
// and no error of reading.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errChunk
	}
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil && err != io.EOF {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err == nil {
			s.err = err
		}
	}
	return n, err
}

// failure is the first error of reading, nil where there was none.
func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Open reads a file's footer. A file that is missing, or has no sound footer, is an
// error of exit.BadData.
func Open(ctx context.Context, dir store.Dir, name string) (*Reader, error) {
	r := &Reader{place: dir.URI() + "/" + name}
	at, err := dir.OpenAt(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.BadData, "%s is missing; make the dataset again", r.place)
	}
	if err != nil {
		return nil, err
	}
	r.source = &source{ReaderAt: at}
	err = guard.Do(r.place, func() (err error) {
		r.file, err = file.NewParquetReader(r.source)
		return err
	})
	if err != nil {
		_ = at.Close()
		return nil, r.damaged("its footer cannot be read")
	}
	return r, nil
}

// Close lets go of the file.
func (r *Reader) Close() { _ = r.file.Close() }

// NumRows is how many rows the footer tells of.
func (r *Reader) NumRows() int64 { return r.file.NumRows() }

// ColumnNames are the columns of the file, in their order.
func (r *Reader) ColumnNames() (names []string) {
	root := r.file.MetaData().Schema.Root()
	for i := range root.NumFields() {
		names = append(names, root.Field(i).Name())
	}
	return names
}

// HasClock says whether a column is there and holds times as Time has them:
// microseconds without a zone.
func (r *Reader) HasClock(column string) bool {
	root := r.file.MetaData().Schema.Root()
	i := root.FieldIndexByName(column)
	return i >= 0 && wallClock.Equals(root.Field(i).LogicalType())
}

// damaged never wraps the decoder's error, which may hold data.
func (r *Reader) damaged(what string) error {
	if err := r.source.failure(); err != nil {
		return err
	}
	return exit.Errorf(exit.BadData, "%s is damaged: %s; make the dataset again", r.place, what)
}

// Rows streams the rows of a file, of which there must be count. T may have fewer
// columns than the file; columns meet by name. One row group is in memory at a time,
// and a row yielded stays valid. An error ends the sequence; a file that does not
// hold what it should is one of exit.BadData.
func Rows[T any](ctx context.Context, r *Reader, count int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := eachRow(ctx, r, count, yield); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// eachRow returns nil where the caller wants no more rows.
func eachRow[T any](ctx context.Context, r *Reader, left int64, yield func(T, error) bool) (err error) {
	var rows []T
	for index := range r.file.NumRowGroups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if rows, err = group(r, index, left, rows); err != nil {
			return err
		}
		left -= int64(len(rows))
		for _, row := range rows {
			if !yield(row, nil) {
				return nil
			}
		}
	}
	if left > 0 {
		return r.damaged("it has fewer rows than the manifest says")
	}
	return nil
}

// group decodes one row group into rows, which it returns grown or cut to the
// group's length. A group of more than limit rows is refused before memory is
// taken for it.
func group[T any](r *Reader, index int, limit int64, rows []T) ([]T, error) {
	err := r.group(index, limit, layoutOf[T](), func(count int) []unsafe.Pointer {
		rows = resize(rows, count)
		return pointers(rows)
	})
	return rows, err
}

// group decodes a row group into the rows that take gives for their number.
func (r *Reader) group(index int, limit int64, l *layout, take func(count int) []unsafe.Pointer) error {
	var missing string
	err := guard.Do(r.place, func() (err error) {
		reader := r.file.RowGroup(index)
		count := reader.NumRows()
		if count < 0 || count > limit {
			return errChunk
		}
		missing, err = decode(reader, l, take(int(count)))
		return err
	})
	switch {
	case missing != "":
		return exit.Errorf(exit.BadData, "%s has no column %q: it was written by another version; make the dataset again", r.place, missing)
	case err != nil:
		return r.damaged("a row group cannot be decoded")
	}
	return nil
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
