package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// identity is all that decides the bytes of a task's output: what an earlier attempt
// left, finished parts or training checkpoints, is used by an attempt of the same
// identity alone. The header has the stage, its configuration and the digests of its
// inputs again where a DAG is run (dags.Identity, by which a whole output is known),
// and the code's revision: parts of two builds never meet in a dataset.
type identity struct {
	Schema  dataset.Versions
	Stage   string
	Version int
	Config  string
	Header  string
	Parts   int
	Inputs  map[string][]string // digests by port
	Files   []rawState
}

// rawState is a source's file as cheaply told from another as can be.
type rawState struct {
	stages.RawFile
	Version string // store.Info's
}

// Identify is the sha256 of the task's identity.
func (t Task) Identify(ctx context.Context, env *stages.Environment) (string, error) {
	stage, in, err := open[any](ctx, env, t)
	if err != nil {
		return "", err
	}
	spec, _ := env.Lookup(t.Stage) // open found it
	id := identity{
		Schema: dataset.VersionsOf(spec.Out.Kind, spec.Out.Tables...), Stage: t.Stage, Version: t.Version, Config: t.Config,
		Header: t.Header, Parts: t.Parts, Inputs: map[string][]string{},
	}
	for port, datasets := range in {
		for _, d := range datasets {
			id.Inputs[port] = append(id.Inputs[port], d.Manifest.Digest())
		}
	}
	if source, ok := stage.(stages.Source); ok {
		if err := checkFiles(ctx, in); err != nil {
			return "", err
		}
		if id.Files, err = rawStates(ctx, source, in); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(id)
	if err != nil {
		return "", fmt.Errorf("identify the task: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// checkFiles compares the files of a source's inputs with their manifests: a scan
// reads them by their paths.
func checkFiles(ctx context.Context, in stages.Inputs) error {
	for _, datasets := range in {
		for _, d := range datasets {
			if err := d.CheckFiles(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func rawStates(ctx context.Context, source stages.Source, in stages.Inputs) ([]rawState, error) {
	files, err := source.Files(ctx, in)
	if err != nil {
		return nil, err
	}
	var states []rawState
	for _, file := range files {
		dir, name, err := store.FolderOf(file.URI)
		if err != nil {
			return nil, err
		}
		info, err := dir.Stat(ctx, name)
		if err != nil {
			return nil, exit.With(exit.Usage, err)
		}
		file.URI = "" // the folder may have been moved
		states = append(states, rawState{file, info.Version})
	}
	return states, nil
}

// finishPart lets write fill a part and commits it, or leaves nothing of it. A
// part that is whole already is not written again.
func (t Task) finishPart(ctx context.Context, w *dataset.Writer, part int, write func(*dataset.PartWriter) error) ([]byte, error) {
	if err := t.begins(ctx, fmt.Sprintf("part-%05d", part)); err != nil {
		return nil, err
	}
	result, whole, err := w.Finished(part)
	if err != nil {
		return nil, err
	}
	if whole {
		return json.Marshal(result)
	}
	out := w.Part(part)
	// Also where write panics; after Close it does nothing.
	defer out.Abort()
	if err := write(out); err != nil {
		return nil, err
	}
	if result, err = out.Close(); err != nil {
		return nil, err
	}
	return json.Marshal(result)
}
