package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/rawcsv"
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

func (f *finder) add(root, notes store.Dir, p place) {
	dir := root
	if p.isNote() {
		dir = notes
	}
	folder := strings.TrimSuffix(dir.URI(), "/")
	name, err := f.locate(dir, p)
	switch {
	case err == nil:
		f.files = append(f.files, stages.RawFile{Index: len(f.files), Table: p.table, Name: name, URI: folder + "/" + name})
	case errors.Is(err, fs.ErrNotExist):
		f.missing = append(f.missing, folder+"/"+p.files[0]+rawcsv.SuffixGzip)
	case errors.Is(err, syscall.ENOTDIR):
		f.failed = exit.Errorf(exit.Usage, "%s is a file; name the folder that it lies in", folder)
	default:
		f.failed = errors.Join(f.failed, fmt.Errorf("cannot read %s: %w", folder, err))
	}
}

// locate finds a file under one of its names. Two files under two of them may be of
// different releases.
func (f *finder) locate(dir store.Dir, p place) (found string, err error) {
	for _, file := range p.files {
		name, err := rawcsv.Locate(file, func(name string) error { return f.look(dir, name) })
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", err
		case found == "":
			found = name
		case !f.oneFile(dir, found, name):
			return "", exit.Errorf(exit.Usage, "%s and %s are both there, and may differ; keep one of the two", found, name)
		}
	}
	if found == "" {
		return "", fs.ErrNotExist
	}
	return found, nil
}

// oneFile says whether two names differ in their case alone and lead to one file, as
// they do in a folder whose names have no case.
func (f *finder) oneFile(dir store.Dir, a, b string) bool {
	first, errA := dir.Stat(f.ctx, a)
	second, errB := dir.Stat(f.ctx, b)
	return strings.EqualFold(a, b) && errA == nil && errB == nil &&
		first.Size == second.Size && first.ModTime.Equal(second.ModTime)
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

// err names what is missing and what to give.
func (f *finder) err(give string) error {
	if f.made != nil {
		give = "the input mimic was made without them; give another, or root in its place"
	}
	if len(f.missing) > 0 {
		f.failed = errors.Join(f.failed, fmt.Errorf("missing %s; %s", strings.Join(f.missing, ", "), give))
	}
	return exit.With(exit.Usage, f.failed)
}
