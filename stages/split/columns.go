package split

import (
	"context"
	"iter"
	"strconv"

	"github.com/clinflow/clinflow/internal/columns"
	"github.com/clinflow/clinflow/internal/exit"
)

// columnList is a CSV or Parquet file.
type columnList struct {
	file columns.Table
	of   table
}

func openColumns(ctx context.Context, t table) (list, error) {
	file, err := columns.Open(ctx, t.uri)
	if err != nil {
		return nil, err
	}
	if err = file.Find(t.columns()...); err == nil {
		return columnList{file, t}, nil
	}
	if t.id != ByAdmission && file.Has(ByAdmission) {
		err = exit.Errorf(exit.BadData, "%w; it has %s: where it is to split admissions set by: %s", err, ByAdmission, ByAdmission)
	}
	file.Close()
	return nil, err
}

func (l columnList) close() { l.file.Close() }

// rows have no id where a record cannot be used, or has none.
func (l columnList) rows(ctx context.Context) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		names := l.of.columns()
		for row, err := range l.file.Rows(ctx, names...) {
			entry := listed{split: row.Text(len(names) - 1), place: "row " + strconv.FormatInt(row.Number, 10)}
			entry.id, _ = strconv.ParseInt(row.Text(0), 10, 64)
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}
