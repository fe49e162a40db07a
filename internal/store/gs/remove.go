package gs

import (
	"context"
	"errors"
	"path"

	"cloud.google.com/go/storage"
	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/store"
)

// manifestName is the file that makes a folder a dataset: it goes first when a folder
// does and comes last, so that no half of one looks whole.
const manifestName = "manifest.json"

// atOnce is how many requests are under way for files that are removed, copied or read.
const atOnce = 16

// RemoveAll implements store.Dir.
func (d folder) RemoveAll(ctx context.Context, name string) error {
	files, err := d.below(ctx, name)
	if err != nil {
		return err
	}
	manifests, others := split(files)
	if err := each(ctx, manifests, d.remove); err != nil {
		return err
	}
	return each(ctx, others, d.remove)
}

// below are the file of a name and the files of the folder of that name: whichever is
// there.
func (d folder) below(ctx context.Context, name string) (files []store.Info, err error) {
	if _, err := d.nameOf(name); err != nil && name != "" {
		return nil, err
	}
	infos, err := d.List(ctx, name)
	for _, info := range infos {
		if rest := info.Name[len(name):]; name == "" || rest == "" || rest[0] == '/' {
			files = append(files, info)
		}
	}
	return files, err
}

func split(files []store.Info) (manifests, others []string) {
	for _, f := range files {
		if path.Base(f.Name) == manifestName {
			manifests = append(manifests, f.Name)
		} else {
			others = append(others, f.Name)
		}
	}
	return manifests, others
}

// each does something with many files, some at once.
func each(ctx context.Context, files []string, do func(ctx context.Context, name string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, name := range files {
		group.Go(func() error { return do(ctx, name) })
	}
	return group.Wait()
}

func (d folder) remove(ctx context.Context, name string) error {
	handle, err := d.handle(name)
	if err != nil {
		return err
	}
	if err := handle.Delete(ctx); err != nil && !errors.Is(err, storage.ErrObjectNotExist) {
		return told("remove", d.place(name), err)
	}
	return nil
}
