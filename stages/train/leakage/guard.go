// Package leakage keeps patients from being trained on and tested, whichever way they
// come: through the splits of the data, or through a model or adapter that was
// trained on them before. It also knows an adapter's base model by its files.
package leakage

import (
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/split"
)

// Guard refuses data that would let a patient be trained on and tested.
// Every training stage reads its rows through it; it cannot be switched off.
type Guard struct {
	Under Ancestry // whom the models under the stage were trained on
	// Shared are patients whom the split itself has on several sides. The join has
	// refused them already, unless the configuration allows it.
	Shared  map[int64]bool
	split   map[int64]string // subject_id → the split of its first row
	crossed map[int64]bool   // patients in more than one split
	unknown int64            // rows whose split has no meaning here
}

// See looks at a row of the data.
func (g *Guard) See(subject int64, name string) {
	if g.split == nil {
		g.split, g.crossed = map[int64]string{}, map[int64]bool{}
	}
	if !slices.Contains(split.Names, name) {
		g.unknown++
	}
	first, seen := g.split[subject]
	switch {
	case !seen:
		g.split[subject] = name
	case first != name && !g.Shared[subject]:
		g.crossed[subject] = true
	}
}

// Verdict is an error of exit.BadData where the rows seen would let a patient be
// trained on and tested. It names the dataset and counts, never a patient.
func (g *Guard) Verdict(uri string) error {
	if g.unknown > 0 {
		return exit.Errorf(exit.BadData, "%s: %d rows belong to a split other than train, val and test; nothing is trained on rows of unknown purpose: split the patients again", uri, g.unknown)
	}
	if n := len(g.crossed); n > 0 {
		return exit.Errorf(exit.BadData, "%s: %s patients occur in more than one split, so the test would measure memory; split by subject_id", uri, smallcell.Of(n))
	}
	for _, r := range g.Under.records {
		if n := r.heldOut(g.split, g.Shared); n > 0 {
			return exit.Errorf(exit.BadData, "%s: %s patients of its val and test splits are among those that %s was trained on, so the test would measure memory; give both the same split", uri, smallcell.Of(n), r.of)
		}
	}
	return nil
}
