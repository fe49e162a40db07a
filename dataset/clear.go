package dataset

import (
	"context"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// clear removes an unfinished dataset but for what is finished and may stay, and
// nothing else: the folder comes from a user, who may have named the wrong one.
func (w *Writer) clear(ctx context.Context) error {
	files, err := w.dir.List(ctx, "")
	if err != nil {
		return err
	}
	var complete, ours bool
	for _, f := range files {
		complete = complete || f.Name == ManifestName
		ours = ours || isMarker(f.Name)
	}
	switch {
	case len(files) == 0:
		return nil
	case complete:
		return exit.Errorf(exit.Usage, "%s holds a complete dataset; remove it or choose another folder", w.URI())
	case !ours:
		return exit.Errorf(exit.Usage, "%s holds files that are not an unfinished dataset; remove it if you know them, or choose an empty folder", w.URI())
	}
	stay, err := w.trusted(ctx, files)
	if err != nil {
		return err
	}
	if err := removeBut(ctx, w.dir, files, stay); err != nil {
		return fmt.Errorf("clear an unfinished dataset: %w", err)
	}
	if len(stay) > 0 {
		return nil
	}
	return w.dir.RemoveAll(ctx, "")
}

// removeBut removes files but the marker, which goes last, so that a clearing cut short
// can be taken up again, and those that stay.
func removeBut(ctx context.Context, dir store.Dir, files []store.Info, stay map[string]bool) error {
	for _, f := range files {
		if isMarker(f.Name) || stay[f.Name] {
			continue
		}
		if err := dir.RemoveAll(ctx, f.Name); err != nil {
			return err
		}
	}
	return nil
}

// Discard removes a dataset, complete or not. It becomes one in the making before its
// manifest goes: what a removal cut short leaves is cleared when it is made again.
func Discard(ctx context.Context, dir store.Dir) error {
	files, err := dir.List(ctx, "")
	if len(files) > 0 && err == nil {
		err = mark(ctx, dir)
	}
	if err == nil {
		err = dir.RemoveAll(ctx, ManifestName)
	}
	if err == nil {
		err = removeBut(ctx, dir, files, nil)
	}
	if err != nil {
		return fmt.Errorf("remove a dataset: %w", err)
	}
	return dir.RemoveAll(ctx, "")
}

// InMaking says whether a dataset was begun in a folder and is not complete.
func InMaking(ctx context.Context, dir store.Dir) (bool, error) {
	return store.Exists(ctx, dir, markerName)
}

// mark says of a folder that a dataset is in the making there.
func mark(ctx context.Context, dir store.Dir) error {
	return store.WriteFile(ctx, dir, markerName, nil)
}

// Tidy removes what is left of the making of a dataset whose Commit was cut short
// after the manifest: the records of what was finished, then the marker.
func Tidy(ctx context.Context, dir store.Dir) error {
	if err := dir.RemoveAll(ctx, finishedName); err != nil {
		return err
	}
	return dir.RemoveAll(ctx, markerName)
}

// IsOfMaking says of a file in a dataset's folder that Tidy would remove it.
func IsOfMaking(name string) bool {
	return isMarker(name) || strings.HasPrefix(name, finishedName+"/")
}

// InScratch is the name in Scratch of a file in a dataset's folder.
func InScratch(name string) (below string, ok bool) {
	return strings.CutPrefix(name, scratchName+"/")
}

// isMarker also knows a marker whose writing was cut short.
func isMarker(name string) bool { return strings.HasPrefix(name, markerName) }
