package train

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/model"
)

// inBucket says whether a base model lies in a bucket: then it is looked at when its step
// begins, not before, for looking at weights is copying them.
func inBucket(base string) bool {
	return strings.Contains(strings.TrimPrefix(base, model.RandomPrefix), "://")
}

// onThisMachine is a base model's path where its files are on this machine: those of a
// bucket are copied.
func onThisMachine(ctx context.Context, base string) (string, error) {
	if !inBucket(base) {
		return base, nil
	}
	if uri, random := strings.CutPrefix(base, model.RandomPrefix); random {
		folder, name, err := store.FolderOf(uri)
		if err != nil {
			return "", err
		}
		here, err := copied(ctx, folder, func(f string) bool { return f == name })
		return model.RandomPrefix + filepath.Join(here, name), err
	}
	folder, err := store.Open(base)
	if err != nil {
		return "", err
	}
	return copied(ctx, folder, func(f string) bool { return path.Dir(f) == "." })
}

// copied are the chosen files of a folder on this machine.
func copied(ctx context.Context, folder store.Dir, chosen func(name string) bool) (string, error) {
	infos, err := folder.List(ctx, "")
	if err != nil {
		return "", err
	}
	infos = slices.DeleteFunc(infos, func(f store.Info) bool { return !chosen(f.Name) })
	if len(infos) == 0 {
		return "", exit.Errorf(exit.Usage, "%s: has no files of a model; give the folder of a Hugging Face model", folder.URI())
	}
	return store.Copies(ctx, folder, infos)
}
