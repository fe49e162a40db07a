// Package synth makes synthetic MIMIC-IV trees: file names, columns, types and
// quirks are the real ones; every patient, code and word is invented. Hidden
// factors of each admission decide both its outcomes and the words of its notes,
// and are written to a side file, so the best possible AUROC is known.
//
// About one admission in four ends in death, far more than in any hospital: a
// small tree then has enough positives to learn from.
package synth

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
)

// Options say what tree to make. Equal options give equal bytes.
type Options struct {
	Patients              int   // 1 to MaxPatients; some have no admission
	RadiologyPerAdmission int   // mean number of radiology reports an admission
	Seed                  int64 // of everything
	// Canaries puts each discharge summary's canary into its family history too,
	// so that examples carry it. Training data is better without.
	Canaries bool
	// Attach is a folder with MIMIC-IV's tables: with it they are copied and notes
	// are written for their admissions. No patient is invented then.
	Attach string

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

func (o Options) check() error {
	if o.Attach == "" && (o.Patients < 1 || o.Patients > MaxPatients) {
		return exit.Errorf(exit.Usage, "patients must be from 1 to %d: MIMIC's ids have room for no more", MaxPatients)
	}
	if o.RadiologyPerAdmission < 0 || o.RadiologyPerAdmission > 1000 {
		return exit.Errorf(exit.Usage, "radiology_per_admission must be from 0 to 1000")
	}
	return nil
}
