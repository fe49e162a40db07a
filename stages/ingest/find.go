package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// finder looks for raw files and gathers what is wrong with them, so that one error
// names them all.
type finder struct {
	ctx     context.Context
	made    *dataset.Dataset // the tree, where a step made it
	files   []stages.RawFile
	missing []string
	failed  error
}

func (f *finder) add(root, notes store.Dir, file, table string) {
	dir := root
	if strings.HasPrefix(file, "note/") {
		dir = notes
	}
	folder := strings.TrimSuffix(dir.URI(), "/")
	name, err := csvgz.Locate(file, func(name string) error { return f.look(dir, name) })
	switch {
	case err == nil:
		f.files = append(f.files, stages.RawFile{Index: len(f.files), Table: table, Name: name, URI: folder + "/" + name})
	case errors.Is(err, fs.ErrNotExist):
		f.missing = append(f.missing, folder+"/"+file+csvgz.SuffixGzip)
	default:
		f.failed = errors.Join(f.failed, fmt.Errorf("cannot read %s: %w", folder, err))
	}
}

// look believes a dataset's manifest: a file that it lists and that is gone is
// damage, not another place to look in.
func (f *finder) look(dir store.Dir, name string) error {
	if f.made != nil && f.made.HasFile(name) {
		return nil
	}
	_, err := dir.Stat(f.ctx, name)
	return err
}

func (f *finder) err() error {
	if len(f.missing) > 0 {
		f.failed = errors.Join(f.failed, fmt.Errorf("missing %s; give root the folder that holds hosp/ and icu/, and note_root the one that holds note/", strings.Join(f.missing, ", ")))
	}
	return exit.With(exit.Usage, f.failed)
}
