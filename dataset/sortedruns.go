package dataset

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset/extsort"
)

// MergeRuns writes the rows of one table into a part, in their order, from the runs
// that hold them; runs of other tables are passed over. A table of which no run has
// rows is not begun. It streams, as extsort.Merge does.
func MergeRuns[T any](ctx context.Context, runs []extsort.Run, table string, order func(a, b T) int, out *PartWriter) error {
	for row, err := range extsort.Merge(ctx, runs, table, out.part, order) {
		if err != nil {
			return err
		}
		rows, err := Rows[T](out, table)
		if err != nil {
			return err
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// scan is what the scan of a raw file left.
type scan struct {
	Runs   []extsort.Run    `json:"runs"`
	Counts map[string]int64 `json:"counts"`
}

// RecordScan notes that a raw file was read, by its index: runs and counts are what
// Close returned of its Spill.
func (w *Writer) RecordScan(file int, runs []extsort.Run, counts map[string]int64) error {
	lengths := map[string]int64{} // of run files: nothing lies between their runs
	for _, run := range runs {
		lengths[run.Name] += run.Bytes
	}
	var files []FileInfo
	for _, name := range slices.Sorted(maps.Keys(lengths)) {
		files = append(files, FileInfo{Name: scratchName + "/" + name, Bytes: lengths[name]})
	}
	return w.vouch(scanRecord(file), files, scan{runs, counts})
}

// Scanned is what an earlier attempt recorded of a raw file; ok is false where it
// recorded nothing that still holds.
func (w *Writer) Scanned(file int) (runs []extsort.Run, counts map[string]int64, ok bool, err error) {
	var result scan
	ok, err = w.recall(scanRecord(file), &result)
	for i := range result.Runs {
		result.Runs[i].Dir = w.Scratch().URI() // the folder may have been moved
	}
	return result.Runs, result.Counts, ok, err
}

func scanRecord(file int) string { return fmt.Sprintf("%s/file-%06d.json", finishedName, file) }
