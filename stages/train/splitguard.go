package train

import (
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
)

var splitNames = []string{"train", "val", "test"}

// splitGuard refuses data that would let a patient be trained on and tested.
// Every training stage reads its rows through it; it cannot be switched off.
type splitGuard struct {
	split   map[int64]string // subject_id → the split of its first row
	crossed map[int64]bool   // patients in more than one split
	unknown int64            // rows whose split has no meaning here
	under   ancestry         // whom the models under the stage were trained on
}

func (g *splitGuard) see(subject int64, split string) {
	if g.split == nil {
		g.split, g.crossed = map[int64]string{}, map[int64]bool{}
	}
	if !slices.Contains(splitNames, split) {
		g.unknown++
	}
	first, seen := g.split[subject]
	switch {
	case !seen:
		g.split[subject] = split
	case first != split:
		g.crossed[subject] = true
	}
}

// verdict names the dataset and counts, never a patient.
func (g *splitGuard) verdict(uri string) error {
	if g.unknown > 0 {
		return exit.Errorf(exit.BadData, "%s: %d rows belong to a split other than train, val and test; nothing is trained on rows of unknown purpose: split the patients again", uri, g.unknown)
	}
	if n := len(g.crossed); n > 0 {
		return exit.Errorf(exit.BadData, "%s: %d patients occur in more than one split, so the test would measure memory; split by subject_id", uri, n)
	}
	for _, r := range g.under.records {
		if n := r.heldOut(g.split); n > 0 {
			return exit.Errorf(exit.BadData, "%s: %d patients of its val and test splits are among those that %s was trained on, so the test would measure memory; give both the same split_seed", uri, n, r.of)
		}
	}
	return nil
}

// trainable refuses rows that are not of the train split, whatever path brought
// them here.
func trainable(rows examples) error {
	for _, row := range rows {
		if row.Split != "train" {
			return exit.Errorf(exit.BadData, "rows of split val or test were about to be trained on; only split train is")
		}
	}
	return nil
}
