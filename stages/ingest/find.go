package ingest

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// A raw file lies as PhysioNet gives it, or decompressed by its user.
const (
	suffixGzip  = ".csv.gz"
	suffixPlain = ".csv"
)

// finder looks for raw files and gathers those that are missing, so that one
// error names them all.
type finder struct {
	ctx     context.Context
	made    *shard.Dataset // the tree, where a step made it
	files   []stages.RawFile
	missing []string
	failed  error
}

func (f *finder) add(root, notes store.Dir, file, table string) {
	dir := root
	if strings.HasPrefix(file, "note/") {
		dir = notes
	}
	for _, suffix := range []string{suffixGzip, suffixPlain} {
		err := f.look(dir, file+suffix)
		if err == nil {
			f.files = append(f.files, stages.RawFile{
				Index: len(f.files), Table: table, Name: file + suffix,
				URI: strings.TrimSuffix(dir.URI(), "/") + "/" + file + suffix,
			})
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			f.failed = errors.Join(f.failed, err)
			return
		}
	}
	f.missing = append(f.missing, strings.TrimSuffix(dir.URI(), "/")+"/"+file+suffixGzip)
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
	switch {
	case f.failed != nil:
		return exit.Errorf(exit.Usage, "cannot look for MIMIC-IV's files: %w", f.failed)
	case len(f.missing) > 0:
		return exit.Errorf(exit.Usage, "missing %s; give root the folder that holds hosp/ and icu/, and note_root the one that holds note/", strings.Join(f.missing, ", "))
	}
	return nil
}
