package gs

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/clinflow/clinflow/internal/store"
)

// Rename implements store.Dir: the bucket copies what then is removed, and no byte comes
// to this machine. What is cut short is ended by another Rename.
func (d folder) Rename(ctx context.Context, from, to string) error {
	if _, err := d.nameOf(to); err != nil {
		return err
	}
	files, err := d.below(ctx, from)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("rename %s: %w", d.place(from), fs.ErrNotExist)
	}
	if err := d.free(ctx, files, from, to); err != nil {
		return err
	}
	copied := func(ctx context.Context, name string) error {
		return d.copy(ctx, name, to+name[len(from):])
	}
	manifests, others := split(files)
	for _, step := range []struct {
		files []string
		do    func(context.Context, string) error
	}{{others, copied}, {manifests, copied}, {manifests, d.remove}, {others, d.remove}} {
		if err := each(ctx, step.files, step.do); err != nil {
			return err
		}
	}
	return nil
}

// free refuses a name that is taken, but for what an earlier Rename copied there.
func (d folder) free(ctx context.Context, files []store.Info, from, to string) error {
	taken, err := d.below(ctx, to)
	if err != nil {
		return err
	}
	digests := map[string]string{}
	for _, f := range files {
		digests[to+f.Name[len(from):]] = f.Digest
	}
	for _, f := range taken {
		if digests[f.Name] != f.Digest {
			return fmt.Errorf("rename %s: %s: %w", d.place(from), d.place(f.Name), store.ErrExists)
		}
	}
	return nil
}

func (d folder) copy(ctx context.Context, from, to string) error {
	source, err := d.handle(from)
	if err != nil {
		return err
	}
	copied, err := d.handle(to)
	if err != nil {
		return err
	}
	_, err = copied.CopierFrom(source).Run(ctx)
	return told("copy", d.place(from), err)
}
