package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// The sizes of clinflow's row groups and pages.
const (
	groupBytes = 4 << 20
	pageBytes  = 256 << 10
)

// write leaves one part of a table and notes the sha256 of its bytes, as a dataset's
// manifest has it.
func write[R any](l *loop, table string, part int, columns []column[R], rows []R) error {
	path := partFile(l.out, table, part)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	buffer := bufio.NewWriterSize(io.MultiWriter(f, sum), 64<<10)
	err = errors.Join(writeGroups(buffer, columns, rows), buffer.Flush(), f.Sync(), f.Close())
	l.sums[partName(table, part)] = hex.EncodeToString(sum.Sum(nil))
	return err
}

func writeGroups[R any](out io.Writer, columns []column[R], rows []R) error {
	root, properties := declare(columns)
	w := file.NewParquetWriter(out, root, file.WithWriterProps(properties))
	for len(rows) > 0 {
		n := groupRows(columns, rows)
		if err := writeGroup(w, columns, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return w.Close()
}

// declare makes the schema and the settings that clinflow's own parts have.
func declare[R any](columns []column[R]) (*schema.GroupNode, *parquet.WriterProperties) {
	nodes := make(schema.FieldList, len(columns))
	settings := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(1),
		parquet.WithDictionaryDefault(false), parquet.WithStats(false), parquet.WithDataPageSize(pageBytes), parquet.WithCreatedBy("clinflow version 2"),
	}
	for i, c := range columns {
		nodes[i] = c.node
		if c.dictionary != "" {
			settings = append(settings, parquet.WithDictionaryFor(c.dictionary, true))
		}
	}
	root := schema.MustGroup(schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1))
	return root, parquet.NewWriterProperties(settings...)
}

func partFile(out, table string, part int) string {
	return filepath.Join(out, filepath.FromSlash(partName(table, part)))
}

func partName(table string, part int) string {
	return fmt.Sprintf("%s/part-%05d-of-%05d.parquet", table, part, parts)
}

// groupRows is how many rows fill a row group.
func groupRows[R any](columns []column[R], rows []R) int {
	bytes := 0
	for i := range rows {
		bytes += int(unsafe.Sizeof(rows[i]))
		for _, c := range columns {
			if c.outside != nil {
				bytes += c.outside(&rows[i])
			}
		}
		if bytes >= groupBytes {
			return i + 1
		}
	}
	return len(rows)
}

func writeGroup[R any](w *file.Writer, columns []column[R], rows []R) error {
	group, err := w.AppendRowGroupChecked()
	if err != nil {
		return err
	}
	for _, c := range columns {
		chunk, err := group.NextColumn()
		if err != nil {
			return err
		}
		if err := errors.Join(c.write(chunk, rows), chunk.Close()); err != nil {
			return err
		}
	}
	return group.Close()
}
