package columns

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

type parquetTable struct {
	*parquet.Reader
	place string
}

func openParquet(ctx context.Context, dir store.Dir, name string) (Table, error) {
	r, err := parquet.Open(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	return parquetTable{r, dir.URI() + "/" + name}, nil
}

func (t parquetTable) Has(column string) bool { return slices.Contains(t.ColumnNames(), column) }

func (t parquetTable) Find(columns ...string) error {
	missing := slices.DeleteFunc(slices.Clone(columns), t.Has)
	if len(missing) == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "%s: column %s is missing; columns are found by name, name them so", t.place, strings.Join(missing, ", "))
}

func (t parquetTable) Rows(ctx context.Context, columns ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		n := int64(0)
		for cells, err := range parquet.SideBySide(ctx, t.Reader, columns...) {
			n++
			if !yield(Row{Number: n, Cells: cells}, err) || err != nil {
				return
			}
		}
	}
}

func (parquetTable) Lists() bool { return true }
