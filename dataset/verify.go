package dataset

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Verify compares every part and file with the manifest by length and sha256, and
// opens the parts to count their rows. It reports all that differ, as one error of
// exit.BadData.
func (d *Dataset) Verify(ctx context.Context) error {
	var faults []error
	for _, table := range slices.Sorted(maps.Keys(d.Manifest.Tables)) {
		for part, info := range d.Manifest.Tables[table] {
			faults = append(faults, d.verifyPart(ctx, partName(table, part, d.Manifest.Parts), info))
		}
	}
	for _, f := range d.Manifest.Files {
		faults = append(faults, checkSum(ctx, d.dir, f.Name, f.Bytes, f.SHA256))
	}
	return errors.Join(faults...)
}

func (d *Dataset) verifyPart(ctx context.Context, name string, info PartInfo) error {
	if err := checkSum(ctx, d.dir, name, info.Bytes, info.SHA256); err != nil {
		return err
	}
	r, err := parquet.Open(ctx, d.dir, name)
	if err != nil {
		return err
	}
	defer r.Close()
	if rows := r.NumRows(); rows != info.Rows {
		return exit.Errorf(exit.BadData, "%s/%s is damaged: it has %d rows, the manifest says %d; make the dataset again", d.URI(), name, rows, info.Rows)
	}
	return nil
}

// checkFiles checks the chosen files of an artifact.
func (d *Dataset) checkFiles(ctx context.Context, chosen func(name string) bool) error {
	for _, f := range d.Manifest.Files {
		if !chosen(f.Name) {
			continue
		}
		if err := d.checkOnce(ctx, f.Name, f.Bytes, f.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// checkOnce checks a part or file that this Dataset did not check before.
func (d *Dataset) checkOnce(ctx context.Context, name string, size int64, digest string) error {
	if _, ok := d.whole.Load(name); ok {
		return nil
	}
	if err := checkSum(ctx, d.dir, name, size, digest); err != nil {
		return err
	}
	d.whole.Store(name, true)
	return nil
}

func checkSum(ctx context.Context, dir store.Dir, name string, size int64, digest string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	place := dir.URI() + "/" + name
	sum, n, err := store.SHA256(ctx, dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return exit.Errorf(exit.BadData, "%s is missing; make the dataset again", place)
	case err != nil:
		return err
	case n != size:
		return exit.Errorf(exit.BadData, "%s is damaged: %d bytes, the manifest says %d; make the dataset again", place, n, size)
	case sum != digest:
		return exit.Errorf(exit.BadData, "%s is damaged: its sha256 differs from the manifest's; make the dataset again", place)
	}
	return nil
}
