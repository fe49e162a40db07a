package label

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/textio"
)

func openLabelsCSV(ctx context.Context, c FileConfig, dir store.Dir, name string) (labelTable, error) {
	file, err := dir.Open(ctx, name)
	if err != nil {
		return labelTable{}, err
	}
	r, err := csvgz.NewReader(textio.Interruptible(ctx, file), dir.URI()+"/"+name, 1)
	if err != nil {
		return labelTable{}, errors.Join(err, file.Close())
	}
	column := c.labelColumn(r.Has)
	t := labelTable{close: func() {
		r.Close()
		_ = file.Close()
	}}
	at, err := r.Columns(c.By, column)
	if err != nil {
		t.close()
		return labelTable{}, err
	}
	t.rows = func() iter.Seq2[labelRow, error] { return csvRows(r, at[0], at[1], column == columnLabels) }
	return t, nil
}

// csvRows are the records of a file; one that cannot be used says why.
func csvRows(r *csvgz.Reader, id, label int, several bool) iter.Seq2[labelRow, error] {
	return func(yield func(labelRow, error) bool) {
		var rec csvgz.Record
		for {
			err := r.Read(&rec)
			if errors.Is(err, io.EOF) {
				return
			}
			row := labelRow{number: rec.Row, bad: rec.Reason}
			if err == nil && rec.Reason == "" {
				row.id, row.labels = strings.TrimSpace(rec.Fields[id]), cells(rec.Fields[label], several)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// cells are the labels of a cell.
func cells(cell string, several bool) (labels []string) {
	if !several {
		return []string{strings.TrimSpace(cell)}
	}
	for name := range strings.SplitSeq(cell, ",") {
		if name = strings.TrimSpace(name); name != "" {
			labels = append(labels, name)
		}
	}
	return labels
}

func openLabelsParquet(ctx context.Context, c FileConfig, dir store.Dir, name string) (labelTable, error) {
	r, err := parquet.Open(ctx, dir, name)
	if err != nil {
		return labelTable{}, err
	}
	has := func(column string) bool { return slices.Contains(r.ColumnNames(), column) }
	column := c.labelColumn(has)
	for _, wanted := range []string{c.By, column} {
		if !has(wanted) {
			r.Close()
			return labelTable{}, exit.Errorf(exit.BadData, "%s/%s: column %s is missing; columns are found by name, give the file %s and %s", dir.URI(), name, wanted, c.By, column)
		}
	}
	return labelTable{close: r.Close, rows: func() iter.Seq2[labelRow, error] { return parquetRows(ctx, r, c.By, column) }}, nil
}

// parquetRows are two columns side by side.
func parquetRows(ctx context.Context, r *parquet.Reader, id, label string) iter.Seq2[labelRow, error] {
	return func(yield func(labelRow, error) bool) {
		n := int64(0)
		for row, err := range parquet.SideBySide(ctx, r, id, label) {
			n++
			if err != nil {
				yield(labelRow{}, err)
				return
			}
			if !yield(labelRow{id: strings.Join(row[0], ""), labels: row[1], number: n}, nil) {
				return
			}
		}
	}
}
