package split

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// parquetList is a Parquet file.
type parquetList struct {
	file *parquet.Reader
	of   table
}

func openParquet(ctx context.Context, t table, dir store.Dir, name string) (list, error) {
	r, err := parquet.Open(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	for _, column := range t.columns() {
		if !slices.Contains(r.ColumnNames(), column) {
			r.Close()
			return nil, exit.Errorf(exit.BadData, "%s: column %s is missing; a list has subject_id, or hadm_id with by: hadm_id, and its split", t.uri, column)
		}
	}
	return parquetList{r, t}, nil
}

func (l parquetList) close() { l.file.Close() }

// rows are of columns of any simple type; what is null is no id and no split.
func (l parquetList) rows(ctx context.Context) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		n := 0
		for cells, err := range parquet.SideBySide(ctx, l.file, l.of.columns()...) {
			if err != nil {
				yield(listed{}, err)
				return
			}
			n++
			row := listed{split: strings.Join(cells[len(cells)-1], ""), place: "row " + strconv.Itoa(n)}
			row.id, _ = strconv.ParseInt(strings.Join(cells[0], ""), 10, 64)
			if !yield(row, nil) {
				return
			}
		}
	}
}
