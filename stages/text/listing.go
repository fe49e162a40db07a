package text

import (
	"cmp"
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// listing says which notes are read, and in what order.
type listing struct {
	wanted  func(*Summary) bool
	compare func(a, b Summary) int
}

// listed is the recipe's own listing, or that of text.core_notes.
func (x admission) listed(ctx context.Context, in stages.Inputs) (listing, error) {
	d := in.One(portCoreNotes)
	if (d != nil) != x.recipe.OfTable() {
		return listing{}, x.lacks(d != nil)
	}
	if d == nil {
		return listing{func(s *Summary) bool { return reads(x.recipe, s) }, InOrder}, nil
	}
	if err := x.Fits(portCoreNotes, d); err != nil {
		return listing{}, err
	}
	return readCoreNotes(ctx, d)
}

// readCoreNotes is the listing of a dataset.
func readCoreNotes(ctx context.Context, d *dataset.Dataset) (listing, error) {
	var rows []int64
	if err := d.ReadJSON(ctx, coreNotesFile, &rows); err != nil {
		return listing{}, err
	}
	place := make(map[int64]int, len(rows))
	for i, row := range rows {
		place[row] = i
	}
	return listing{
		wanted: func(s *Summary) bool {
			_, listed := place[s.SourceRow]
			return listed && s.Category == mimic.CategoryDischargeSummary
		},
		compare: func(a, b Summary) int { return cmp.Compare(place[a.SourceRow], place[b.SourceRow]) },
	}, nil
}
