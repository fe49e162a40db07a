// Package meds writes patient parts as a dataset of the Medical Event Data Standard
// (https://github.com/Medical-Event-Data-Standard/meds): a table of events, a row each,
// in shards that hold all of a patient, ordered by time.
package meds

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
)

// Options say what is exported.
type Options struct {
	Notes    bool             // note text too
	Splits   *dataset.Dataset // nil: none are told
	Version  string           // of clinflow
	Workers  int              // shards that are written at a time
	Progress *progress.Sink   // nil: not shown
}

// Counts are what was written and what was not.
type Counts struct {
	Patients int64
	Events   int64
	Untimed  int64            // rows without the time that their event would have
	Errors   int64            // notes that are marked as errors
	Codes    map[string]int64 // events of each code
}

// Export writes a dataset of patients into an empty folder.
func Export(ctx context.Context, patients *dataset.Dataset, o Options, out store.Dir) (Counts, error) {
	if kind := patients.Manifest.Kind; kind != mimic.KindPatients {
		return Counts{}, exit.Errorf(exit.Usage, "%s is of kind %s; name the folder of an ingest step, whose kind is %s", patients.URI(), kind, mimic.KindPatients)
	}
	splits, err := splitsOf(ctx, o.Splits)
	if err != nil {
		return Counts{}, err
	}
	sum, err := writeShards(ctx, patients, o, out)
	if err != nil {
		return sum, err
	}
	return sum, writeMetadata(ctx, mimic.ReleaseOf(patients), o.Version, sum.Codes, splits, out)
}

// writeShards writes a shard for each part.
func writeShards(ctx context.Context, patients *dataset.Dataset, o Options, out store.Dir) (Counts, error) {
	task := o.Progress.Start("export", "parts", int64(patients.Parts()))
	defer task.Done()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(o.Workers, 1))
	counts := make([]Counts, patients.Parts())
	for part := range counts {
		group.Go(func() error {
			return guard.Do(fmt.Sprintf("export meds, part %d", part), func() (err error) {
				counts[part], err = writeShard(ctx, patients, o.Notes, part, out)
				task.Add(1)
				return err
			})
		})
	}
	err := group.Wait()
	sum := Counts{Codes: map[string]int64{}}
	for _, c := range counts {
		sum.add(c)
	}
	return sum, err
}

func (c *Counts) add(other Counts) {
	c.Patients += other.Patients
	c.Events += other.Events
	c.Untimed += other.Untimed
	c.Errors += other.Errors
	for code, n := range other.Codes {
		c.Codes[code] += n
	}
}
