package split

import (
	"context"
	"iter"
	"slices"
	"strconv"

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

// The rows of the two kinds of lists. What is null, and a split that the file does not
// have, is zero.
type (
	patientRow struct {
		ID    int64  `parquet:"subject_id,optional"`
		Split string `parquet:"split,optional"`
	}
	admissionRow struct {
		ID    int64  `parquet:"hadm_id,optional"`
		Split string `parquet:"split,optional"`
	}
)

func (l parquetList) rows(ctx context.Context) iter.Seq2[listed, error] {
	if l.of.id == ByAdmission {
		return eachRow(ctx, l, func(r admissionRow) listed { return listed{id: r.ID, split: r.Split} })
	}
	return eachRow(ctx, l, func(r patientRow) listed { return listed{id: r.ID, split: r.Split} })
}

func eachRow[R any](ctx context.Context, l parquetList, of func(R) listed) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		n := 0
		for r, err := range parquet.Rows[R](ctx, l.file, l.file.NumRows()) {
			if err != nil {
				err = exit.Errorf(exit.BadData, "%w, with ids as int64 and splits as text", err)
			}
			n++
			row := of(r)
			row.place = "row " + strconv.Itoa(n)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
