// Package synth makes synthetic trees of MIMIC-IV and of MIMIC-III: file names,
// columns, types and quirks are the real ones; every patient, code and word is invented. Hidden
// factors of each admission decide both its outcomes and the words of its notes,
// and are written to a side file, so the best possible AUROC is known.
//
// About one admission in four ends in death, far more than in any hospital: a
// small tree then has enough positives to learn from.
//
// A tree of MIMIC-III has quirks planted: what the scripts that made the published
// labels stumble over or rely on, each in many admissions, listed in a side file.
package synth

import (
	"context"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
)

// Options say what tree to make. Equal options give equal bytes.
type Options struct {
	Release               string // one of Releases; empty is ReleaseIV
	Patients              int    // from 1, as many as the release's ids have room for; some have no admission
	RadiologyPerAdmission int    // mean number of radiology reports an admission
	Seed                  int64  // of everything
	// Canaries puts each discharge summary's canary into its family history too,
	// so that examples carry it. Training data is better without.
	Canaries bool
	// Attach is a folder with the release's tables: with it they are copied and
	// notes are written for their admissions. No patient is invented then.
	Attach string
	// CoreLists writes three lists of SUBJECT_ID, one row a discharge summary, as
	// CORe's scripts take a split. About one patient in fifty is in none.
	CoreLists bool

	Workers  int            // patients that are made side by side; 0: one a processor
	Progress *progress.Sink // nil: not shown
}

// Create makes a file of the tree by its slash-separated name.
type Create func(name string) (store.File, error)

// Generate writes a tree into a folder and returns the number of records of each
// file. A file appears when it is complete.
func Generate(ctx context.Context, o Options, dir store.Dir) (map[string]int64, error) {
	if err := o.CheckOut(dir.URI()); err != nil {
		return nil, err
	}
	return Write(ctx, o, func(name string) (store.File, error) { return dir.Create(ctx, name) })
}

// CheckValues refuses values that no tree can have.
func (o Options) CheckValues() error {
	r := releases[o.Release]
	if r == nil {
		return exit.Errorf(exit.Usage, "release: %q is none that is made; known: %s", o.Release, strings.Join(Releases, ", "))
	}
	if most := r.ids.patients; o.Attach == "" && (o.Patients < 1 || o.Patients > most) {
		return exit.Errorf(exit.Usage, "patients must be from 1 to %d: MIMIC's ids have room for no more", most)
	}
	if o.RadiologyPerAdmission < 0 || o.RadiologyPerAdmission > r.reports {
		return exit.Errorf(exit.Usage, "radiology_per_admission must be from 0 to %d", r.reports)
	}
	if o.CoreLists && o.Release != ReleaseIII {
		return exit.Errorf(exit.Usage, "core_lists are of MIMIC-III; give the release mimiciii")
	}
	return nil
}
