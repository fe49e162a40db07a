package ingest

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// reasonDuplicate marks a record whose primary key an earlier one of the file
// has; the earlier one is kept.
const reasonDuplicate = "duplicate"

// taker puts the rows of one file into its spill, in the order of the file.
type taker[R mimic.Row] struct {
	table table[R]
	file  stages.RawFile
	spill *extsort.Spill
	// What became of the records, told when there are no more: of 433 million rows of
	// chartevents hardly any are kept, and to look for a count's name takes as long as to
	// look at the item.
	read, kept, skipped int64
	// seen holds the primary keys so far: about 20 bytes a row, of radiology
	// 50 MB, given back at the file's end.
	seen map[uint64]struct{}
}

// takeAll takes the rows of a block, before which the file has so many.
func (t *taker[R]) takeAll(block *parsed[R], before int64) error {
	t.read += block.read
	t.skipped += block.skipped
	for i := range block.rows {
		r := &block.rows[i]
		r.place.Row += before
		if r.reason == "" && t.repeats(&r.row) {
			r.reason = reasonDuplicate
		}
		if err := t.take(r); err != nil {
			return err
		}
	}
	return nil
}

func (t *taker[R]) take(r *parsedRow[R]) error {
	if r.reason != "" {
		return dataset.Reject{File: t.file.Name, Row: r.place.Row, Offset: r.place.Offset, Reason: r.reason, SHA256: r.place.SHA256()}.SpillInto(t.spill)
	}
	t.kept++
	*t.table.origin(&r.row) = mimic.Origin{SourceFile: int32(t.file.Index), SourceRow: r.place.Row}
	part := mimic.PartOf(r.row.Key().SubjectID, t.spill.Parts())
	return extsort.Add(t.spill, t.table.name, part, r.row, mimic.Compare[R])
}

func (t *taker[R]) repeats(row *R) bool {
	if t.table.unique == nil {
		return false
	}
	key := t.table.unique(row)
	_, repeated := t.seen[key]
	t.seen[key] = struct{}{}
	return repeated
}

// count tells the spill what became of the records.
func (t *taker[R]) count() {
	for name, n := range map[string]int64{"read": t.read, "kept": t.kept, "skipped": t.skipped} {
		if n > 0 {
			t.spill.Count(name, n)
		}
	}
}
