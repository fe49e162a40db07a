package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Dataset is an opened, complete dataset. It is safe for concurrent use.
type Dataset struct {
	Manifest Manifest

	dir   store.Dir
	whole sync.Map // names of parts and files whose sha256 was found right
}

// maxManifest bounds what is read as a manifest: 10,000 parts of 10 tables take
// some 12 MB.
const maxManifest = 256 << 20

// Open opens a complete dataset. A folder without a manifest is an error of
// exit.Usage, one of another version of its kind too; a damaged manifest is one of
// exit.BadData.
func Open(ctx context.Context, uri string) (*Dataset, error) {
	dir, err := store.Open(uri)
	if err != nil {
		return nil, err
	}
	dir = store.Confined(dir)
	f, err := dir.Open(ctx, ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.Usage, "%s: incomplete or missing dataset (it has no %s); run the step that makes it, or name a step's folder", uri, ManifestName)
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read the manifest of %s: %w", uri, err)
	}
	m, err := decodeManifest(data)
	var version versionError
	switch {
	case errors.As(err, &version):
		return nil, exit.Errorf(exit.Usage, "dataset %s has %w", uri, err)
	case err != nil:
		return nil, exit.Errorf(exit.BadData, "the manifest of %s is damaged: %w; make the dataset again", uri, err)
	}
	if err := m.checkKind(); err != nil {
		return nil, fmt.Errorf("dataset %s is %w", uri, err)
	}
	return &Dataset{Manifest: m, dir: dir}, nil
}

// URI is the dataset's folder.
func (d *Dataset) URI() string { return d.dir.URI() }

// Dir is the dataset's folder.
func (d *Dataset) Dir() store.Dir { return d.dir }

// Parts is the number of parts; 0 where the dataset has files only.
func (d *Dataset) Parts() int { return d.Manifest.Parts }

// HasFile says whether the manifest lists a file of an artifact.
func (d *Dataset) HasFile(name string) bool {
	return slices.ContainsFunc(d.Manifest.Files, func(f FileInfo) bool { return f.Name == name })
}

// OpenFile opens a file of an artifact, one of those the manifest lists. Its
// sha256 is checked first, once for each opened Dataset, as Read checks parts.
func (d *Dataset) OpenFile(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := d.has(name); err != nil {
		return nil, err
	}
	if err := d.checkFiles(ctx, func(f string) bool { return f == name }); err != nil {
		return nil, err
	}
	return d.dir.Open(ctx, name)
}

// CheckFiles checks the sha256 of all files of an artifact, for those who read
// them past OpenFile.
func (d *Dataset) CheckFiles(ctx context.Context) error {
	return d.checkFiles(ctx, func(string) bool { return true })
}

// Attribute reads what the manifest says under a name, and tells whether it says
// anything. A value of another type is an error of exit.BadData that does not quote it.
func (d *Dataset) Attribute(name string, into any) (told bool, err error) {
	text, told := d.Manifest.Attributes[name]
	if told && json.Unmarshal(text, into) != nil {
		return true, exit.Errorf(exit.BadData, "dataset %s: the %s in its manifest is not one of this version; make the dataset again", d.URI(), name)
	}
	return told, nil
}

// ReadFile reads a file of an artifact whole.
func (d *Dataset) ReadFile(ctx context.Context, name string) ([]byte, error) {
	f, err := d.OpenFile(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, d.URI(), err)
	}
	return data, nil
}

// ReadJSON reads a file of an artifact that holds one JSON value. Malformed JSON
// is an error of exit.BadData that does not quote it.
func (d *Dataset) ReadJSON(ctx context.Context, name string, into any) error {
	f, err := d.OpenFile(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(into); err != nil {
		return exit.Errorf(exit.BadData, "%s: %s is not the JSON of this version; make it again", d.URI(), name)
	}
	return nil
}

// LocalPath is the path of a file of an artifact, for memory maps. The sha256 of
// the file and of those beside it is checked first: a model is read by its
// folder. Of a dataset in a bucket they are copied to this machine.
func (d *Dataset) LocalPath(ctx context.Context, name string) (string, error) {
	if err := d.has(name); err != nil {
		return "", err
	}
	beside := func(f string) bool { return path.Dir(f) == path.Dir(name) }
	if local, ok := d.dir.LocalPath(name); ok {
		return local, d.checkFiles(ctx, beside)
	}
	var files []store.Info
	for _, f := range d.Manifest.Files {
		if beside(f.Name) {
			files = append(files, store.Info{Name: f.Name, Size: f.Bytes, Digest: "sha256:" + f.SHA256})
		}
	}
	folder, err := store.Copies(ctx, d.dir, files)
	if err != nil {
		return "", err
	}
	here, err := store.Open(folder)
	if err != nil {
		return "", err
	}
	copied := &Dataset{Manifest: d.Manifest, dir: here}
	local, _ := here.LocalPath(name)
	return local, copied.checkFiles(ctx, beside)
}

func (d *Dataset) has(name string) error {
	if d.HasFile(name) {
		return nil
	}
	return exit.Errorf(exit.Usage, "dataset %s (%s) has no file %s", d.URI(), d.Manifest.Kind, name)
}
