package runners

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/internal/store"
)

// publish copies the named files of the steps' outputs into the output folder.
// A file that is there already is left alone.
func publish(ctx context.Context, out store.Dir, d *dags.DAG, made map[string]*shard.Dataset, journal *Journal) error {
	for _, p := range d.Publish {
		changed, err := publishOne(ctx, out, p, made[p.Step])
		if err != nil {
			return fmt.Errorf("publish %s: %w", p.Name, err)
		}
		if !changed {
			continue
		}
		if err := journal.Write(Event{Kind: Published, File: p.Name, Step: p.Step}); err != nil {
			return err
		}
	}
	return nil
}

func publishOne(ctx context.Context, out store.Dir, p dags.Publish, from *shard.Dataset) (changed bool, err error) {
	info, err := fileOf(from, p)
	if err != nil {
		return false, err
	}
	if folder := path.Dir(p.Name); folder != "." {
		local, _ := out.LocalPath(folder)
		if err := outdir.Make(local); err != nil {
			return false, err
		}
	}
	if sum, _, err := store.SHA256(ctx, out, p.Name); err == nil && sum == info.SHA256 {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	r, err := from.OpenFile(ctx, p.File)
	if err != nil {
		return false, err
	}
	defer r.Close()
	w, err := out.Create(ctx, p.Name)
	if err != nil {
		return false, err
	}
	defer w.Abort()
	if _, err := io.Copy(w, r); err != nil {
		return false, err
	}
	return true, w.Commit()
}

func fileOf(from *shard.Dataset, p dags.Publish) (shard.FileInfo, error) {
	var names []string
	for _, f := range from.Manifest.Files {
		if f.Name == p.File {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return shard.FileInfo{}, exit.Errorf(exit.Usage, "step %s left no file %s; it left: %s", p.Step, p.File, strings.Join(names, ", "))
}
