package dataset

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// groupBytes bounds the rows, as they lie in memory, of one row group of a part:
// a writer and a reader hold one row group at a time.
const groupBytes = 1 << 20

// maxRowBytes bounds one row: readers refuse pages above 64 MiB compressed.
const maxRowBytes = 32 << 20

// tableFile is a Parquet file being written.
type tableFile struct {
	layout *layout
	place  string // for errors
	sink   *sink
	writer *file.Writer
	groups int
	rows   int64
}

func createTableFile(ctx context.Context, dir store.Dir, name string, l *layout) (*tableFile, error) {
	s, err := createSink(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	w, err := file.NewParquetWriterWithError(s, l.root, file.WithWriterProps(l.properties()))
	if err != nil {
		s.Abort()
		return nil, fmt.Errorf("%s/%s: begin the Parquet file: %w", dir.URI(), name, err)
	}
	return &tableFile{layout: l, place: dir.URI() + "/" + name, sink: s, writer: w}, nil
}

// properties are the same for every file of a layout: the bytes of a part are
// part of the contract. The fastest level of zstd is taken: on notes it writes
// twice as fast as the default and its files are of about its size: measured from
// 9 % smaller for generated notes to 13 % larger for codes. There are no
// statistics, so that footers hold no values.
func (l *layout) properties() *parquet.WriterProperties {
	all := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithCompressionLevel(1),
		parquet.WithDictionaryDefault(false),
		parquet.WithStats(false),
		parquet.WithCreatedBy("clinflow version 1"),
	}
	for _, c := range l.columns {
		if c.dictionary() {
			all = append(all, parquet.WithDictionaryFor(c.path(), true))
		}
	}
	return parquet.NewWriterProperties(all...)
}

// writeGroup writes rows as one row group.
func (t *tableFile) writeGroup(rows []unsafe.Pointer) error {
	group, err := t.writer.AppendRowGroupChecked()
	if err != nil {
		return t.failed(err)
	}
	for _, c := range t.layout.columns {
		chunk, err := group.NextColumn()
		if err != nil {
			return t.failed(err)
		}
		if err := errors.Join(c.write(chunk, rows), chunk.Close()); err != nil {
			return t.failed(err)
		}
	}
	if err := group.Close(); err != nil {
		return t.failed(err)
	}
	t.groups++
	t.rows += int64(len(rows))
	return nil
}

// failed names the file. The store's own error says most; the encoder's may hold
// a panic's value and is withheld.
func (t *tableFile) failed(error) error {
	if t.sink.err != nil {
		return t.sink.err
	}
	return exit.Errorf(exit.Failed, "%s: the Parquet encoder failed at row group %d", t.place, t.groups)
}

// commit writes the footer and gives the file its name.
func (t *tableFile) commit() (PartInfo, error) {
	if err := t.writer.Close(); err != nil {
		t.sink.Abort()
		return PartInfo{}, t.failed(err)
	}
	if err := t.sink.Commit(); err != nil {
		return PartInfo{}, err
	}
	return PartInfo{Rows: t.rows, Bytes: t.sink.bytes, SHA256: t.sink.digest()}, nil
}

func (t *tableFile) abort() { t.sink.Abort() }
