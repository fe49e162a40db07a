package shard

import (
	"context"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// clear removes an unfinished dataset, and nothing else: the folder comes from a
// user, who may have named the wrong one.
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
		return exit.Errorf(exit.Usage, "%s holds files that are not an unfinished dataset; choose an empty folder", w.URI())
	}
	// The marker goes last, so that a clearing cut short can be taken up again.
	for _, f := range files {
		if isMarker(f.Name) {
			continue
		}
		if err := w.dir.RemoveAll(ctx, f.Name); err != nil {
			return fmt.Errorf("clear an unfinished dataset: %w", err)
		}
	}
	return w.dir.RemoveAll(ctx, "")
}

// isMarker also knows a marker whose writing was cut short.
func isMarker(name string) bool { return strings.HasPrefix(name, markerName) }
