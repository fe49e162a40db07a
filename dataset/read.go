package dataset

import (
	"context"
	"iter"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
)

// Read streams the rows of one part of a table in their order. T may hold fewer
// columns than the table; columns meet by name. One row group is in memory at a
// time, and a row yielded stays valid. The part's sha256 is checked before its
// first row, once for each opened Dataset: a part that is missing, truncated or
// altered is an error of exit.BadData that names it, and gives no row. An error
// ends the sequence.
func Read[T any](ctx context.Context, d *Dataset, table string, part int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := read(ctx, d, table, part, yield); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// read returns nil where the caller wants no more rows.
func read[T any](ctx context.Context, d *Dataset, table string, part int, yield func(T, error) bool) error {
	r, count, err := d.open(ctx, table, part)
	if err != nil {
		return err
	}
	defer r.Close()
	for row, err := range parquet.Rows[T](ctx, r, count) {
		if err != nil {
			return err
		}
		if !yield(row, nil) {
			return nil
		}
	}
	return nil
}

// open opens a part whose bytes are as the manifest says, and tells its rows' number.
func (d *Dataset) open(ctx context.Context, table string, part int) (*parquet.Reader, int64, error) {
	info, err := d.part(table, part)
	if err != nil {
		return nil, 0, err
	}
	name := partName(table, part, d.Manifest.Parts)
	if err := d.checkOnce(ctx, name, info.Bytes, info.SHA256); err != nil {
		return nil, 0, err
	}
	r, err := parquet.Open(ctx, d.dir, name)
	return r, info.Rows, err
}

// ColumnNames are the columns that a part of a table has, in their order: its rows
// may be of a type that has more.
func ColumnNames(ctx context.Context, d *Dataset, table string, part int) ([]string, error) {
	if _, err := d.part(table, part); err != nil {
		return nil, err
	}
	r, err := parquet.Open(ctx, d.dir, partName(table, part, d.Manifest.Parts))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.ColumnNames(), nil
}

func (d *Dataset) part(table string, part int) (PartInfo, error) {
	parts, ok := d.Manifest.Tables[table]
	if !ok {
		return PartInfo{}, exit.Errorf(exit.Usage, "dataset %s (%s) has no table %s", d.URI(), d.Manifest.Kind, table)
	}
	if err := d.Manifest.checkTable(table); err != nil {
		return PartInfo{}, exit.Errorf(exit.Usage, "dataset %s: %w", d.URI(), err)
	}
	if part < 0 || part >= len(parts) {
		return PartInfo{}, exit.Errorf(exit.Usage, "dataset %s has no part %d, only %d parts", d.URI(), part, len(parts))
	}
	return parts[part], nil
}
