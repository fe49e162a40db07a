package parquet

import (
	"context"
	"iter"
)

// SideBySide streams the rows of several columns, each as Texts has it.
func SideBySide(ctx context.Context, r *Reader, columns ...string) iter.Seq2[[][]string, error] {
	return func(yield func([][]string, error) bool) {
		var pulls []func() ([]string, error, bool)
		for _, column := range columns {
			pull, stop := iter.Pull2(Texts(ctx, r, column))
			defer stop()
			pulls = append(pulls, pull)
		}
		for {
			row, more, err := r.beside(pulls)
			if err == nil && !more || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// beside is the next row of all columns; more is false behind the last.
func (r *Reader) beside(pulls []func() ([]string, error, bool)) (row [][]string, more bool, err error) {
	for i, pull := range pulls {
		cell, err, has := pull()
		if err != nil {
			return nil, false, err
		}
		if i > 0 && has != more {
			return nil, false, r.damaged("its columns have different numbers of rows")
		}
		more, row = has, append(row, cell)
	}
	return row, more, nil
}
