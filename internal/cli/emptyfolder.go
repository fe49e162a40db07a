package cli

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// intoEmpty lets write fill a folder that is empty, or not there yet. Where it fails
// nothing is left: half an output would look like a whole one, and be in the way of the
// next try.
func intoEmpty(ctx context.Context, out string, write func(store.Dir) error) error {
	dir, err := outdir.PrepareEmpty(ctx, out)
	if err != nil {
		return err
	}
	if err := write(dir); err != nil {
		return errors.Join(err, dir.RemoveAll(context.WithoutCancel(ctx), ""))
	}
	return nil
}
