package runners

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// publish copies the named files of the steps' outputs into the output folder.
// A page that has room for it tells of the run. A file that is there already is left
// alone, unless it tells of a run and a step ran since, and one that no run of this folder
// published is not written over. The journal tells of a file before it appears: a
// kill in between leaves none that no journal knows.
func publish(ctx context.Context, out store.Dir, d *dags.DAG, made map[string]*dataset.Dataset, journal *Journal) error {
	for _, p := range d.Publish {
		if err := publishOne(ctx, out, d, p, made[p.Step], journal); err != nil {
			return fmt.Errorf("publish %s: %w", p.Name, err)
		}
	}
	return nil
}

func publishOne(ctx context.Context, out store.Dir, d *dags.DAG, p dags.Publish, from *dataset.Dataset, journal *Journal) error {
	info, err := fileOf(from, p)
	if err != nil {
		return err
	}
	there, err := published(ctx, out, p.Name)
	if err != nil || there.SHA256 == info.SHA256 || there.Of == info.SHA256 && !journal.worked() {
		return err
	}
	page, told, err := ofRun(ctx, out, d, journal, p, from)
	if err != nil {
		return err
	}
	e := Event{Kind: Published, File: p.Name, SHA256: info.SHA256, Step: p.Step}
	if told {
		e.SHA256, e.Of = fmt.Sprintf("%x", sha256.Sum256(page)), info.SHA256
		return put(ctx, out, journal, e, bytes.NewReader(page))
	}
	r, err := from.OpenFile(ctx, p.File)
	if err != nil {
		return err
	}
	defer r.Close()
	return put(ctx, out, journal, e, r)
}

// put writes a published file.
func put(ctx context.Context, out store.Dir, journal *Journal, e Event, text io.Reader) error {
	w, err := out.Create(ctx, e.File)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, text); err != nil {
		return err
	}
	if err := journal.Write(e); err != nil {
		return err
	}
	return w.Commit()
}

// mayPublish refuses at a run's begin what publish would refuse at its end.
func mayPublish(ctx context.Context, out store.Dir, d *dags.DAG) error {
	var faults []error
	for _, p := range d.Publish {
		err := makeFolders(out, p.Name)
		if err == nil {
			_, err = published(ctx, out, p.Name)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// makeFolders makes the folders that a file is published in, each of which must be
// ours: a link among them would lead the file out.
func makeFolders(out store.Dir, name string) error {
	folder := ""
	for _, below := range strings.Split(path.Dir(name), "/") {
		folder = path.Join(folder, below)
		local, ok := out.LocalPath(folder)
		if !ok {
			return nil // a bucket has no folders
		}
		if err := outdir.Make(local); err != nil {
			return err
		}
	}
	return nil
}

// published is the event of the file that stands where one is to be published, empty
// where none does. A file that no journal of the folder tells of is the user's own,
// or was changed by hand.
func published(ctx context.Context, out store.Dir, name string) (Event, error) {
	sum, _, err := store.SHA256(ctx, out, name)
	if errors.Is(err, fs.ErrNotExist) {
		return Event{}, nil
	}
	if err != nil {
		return Event{}, err
	}
	known, err := publishedAs(ctx, out, name)
	for _, e := range known {
		if e.SHA256 == sum {
			return e, err
		}
	}
	if err == nil {
		err = exit.Errorf(exit.Usage, "%s/%s is not what a run of this folder published there, and is not written over; move it away", out.URI(), name)
	}
	return Event{}, err
}

// publishedAs lists all that the journals of a folder published under a name. A damaged
// journal tells what it can.
func publishedAs(ctx context.Context, out store.Dir, name string) (known []Event, err error) {
	logs, err := journals(ctx, out)
	for _, log := range logs {
		events, _ := readEvents(ctx, out, log)
		for _, e := range events {
			if e.Kind == Published && e.File == name {
				known = append(known, e)
			}
		}
	}
	return known, err
}

func fileOf(from *dataset.Dataset, p dags.Publish) (dataset.FileInfo, error) {
	var names []string
	for _, f := range from.Manifest.Files {
		if f.Name == p.File {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return dataset.FileInfo{}, exit.Errorf(exit.Usage, "step %s left no file %s; it left: %s", p.Step, p.File, strings.Join(names, ", "))
}
