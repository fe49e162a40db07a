package leakage

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/textio"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/model"
)

// BaseName is an adapter's record of the base model that it was trained on: the
// sha256 of each file that the model was read from, as sha256sum writes them. An
// adapter without one comes from elsewhere.
const BaseName = "base_model.sha256"

// BaseFiles is a base model by its content, whether it is a step or a path.
type BaseFiles struct {
	env   *stages.Environment
	place string // where it lies
	sums  string // what BaseName holds
}

// OpenBase knows the base model that model.Open reads of a folder. The digests come from
// the manifest of the dataset that the folder is, or where it is nil from those that the
// planner took for the step's fingerprint.
func OpenBase(ctx context.Context, env *stages.Environment, d *dataset.Dataset, folder string) (BaseFiles, error) {
	names, err := model.FileNames(folder)
	if err != nil {
		return BaseFiles{}, err
	}
	b := BaseFiles{env: env, place: folder}
	for _, name := range names {
		sum, err := digestOf(ctx, env, d, filepath.Join(model.Folder(folder), name), name)
		if err != nil {
			return BaseFiles{}, err
		}
		b.sums += sum + "  " + name + "\n"
	}
	return b, nil
}

func digestOf(ctx context.Context, env *stages.Environment, d *dataset.Dataset, path, name string) (string, error) {
	if d == nil {
		return env.Digest(ctx, path)
	}
	for _, f := range d.Manifest.Files {
		if f.Name == name {
			return f.SHA256, nil
		}
	}
	return "", exit.Errorf(exit.BadData, "%s: its manifest has no file %s; make the dataset again", d.URI(), name)
}

// Write writes the record of an adapter that is trained on the base.
func (b BaseFiles) Write(out *dataset.Writer) error {
	return out.WriteFile(BaseName, []byte(b.sums))
}

// Under refuses an adapter of a port that was trained on another base, which would
// fit and compute nonsense. One without a record is told and counted.
func (b BaseFiles) Under(ctx context.Context, port string, d *dataset.Dataset, out *dataset.Writer) error {
	if d == nil {
		return nil
	}
	if !d.HasFile(BaseName) {
		out.Count("unknown_base_model", 1)
		b.env.Log.Warn().Msgf("%s: %s has no record of its base model (%s), so it cannot be compared with %s", port, d.URI(), BaseName, b.place)
		return nil
	}
	sums, err := d.ReadFile(ctx, BaseName)
	if err != nil {
		return err
	}
	config, err := d.LocalPath(ctx, adapter.ConfigIn(d.HasFile))
	return errors.Join(err, b.compare(port+": "+d.URI(), filepath.Dir(config), string(sums)))
}

// compare refuses an adapter in dir whose record holds other sums.
func (b BaseFiles) compare(of, dir, sums string) error {
	if sums == b.sums {
		return nil
	}
	trainedOn := "of no name"
	if c, err := adapter.ReadConfig(dir); err == nil && c.BaseModel != "" {
		trainedOn = c.BaseModel
	}
	return exit.Errorf(exit.Usage, "%s was trained on another base model, %s, than %s: %s; give the base of its training",
		of, trainedOn, b.place, differing(sums, b.sums))
}

// OnItsBase is Under for a model and adapters that are folders to look into. What has
// no record is not looked at: the model's digests take a while.
func OnItsBase(ctx context.Context, env *stages.Environment, path string, adapters []string) error {
	for _, dir := range adapters {
		sums, err := textio.Whole(filepath.Join(dir, BaseName))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		b, err := OpenBase(ctx, env, nil, path)
		if err == nil {
			err = b.compare("adapter "+dir, dir, string(sums))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// differing names the first file of which two records do not say the same.
func differing(a, b string) string {
	for line := range strings.Lines(b) {
		if !strings.Contains(a, line) {
			_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			return name + " is not the same"
		}
	}
	return "it has more files"
}
