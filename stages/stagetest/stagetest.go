// Package stagetest runs a registered stage on a small input without Beam, as
// one plain loop: tests of stages use it, and what Beam's runners write is
// compared with what it writes.
package stagetest

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// Run runs a stage with the YAML a user would write under `with` and returns
// its output.
func Run(t testing.TB, stage, config string, in stages.Inputs) *dataset.Dataset {
	t.Helper()
	return RunIn(t, stages.Default, stage, config, in)
}

// RunIn is Run in an environment.
func RunIn(t testing.TB, env *stages.Environment, stage, config string, in stages.Inputs) *dataset.Dataset {
	t.Helper()
	d, err := TryIn(t, env, stage, config, in)
	if err != nil {
		t.Fatalf("%s: %v", stage, err)
	}
	return d
}

// Try is Run for a stage that may fail.
func Try(t testing.TB, stage, config string, in stages.Inputs) (*dataset.Dataset, error) {
	t.Helper()
	return TryIn(t, stages.Default, stage, config, in)
}

// TryIn is Try in an environment.
func TryIn(t testing.TB, env *stages.Environment, stage, config string, in stages.Inputs) (*dataset.Dataset, error) {
	t.Helper()
	spec, ok := env.Lookup(stage)
	if !ok {
		t.Fatalf("stage %s is not registered", stage)
	}
	resolved, err := dags.Resolve(stage, []byte(config), spec.Config())
	if err != nil {
		return nil, err
	}
	built, err := spec.Build(env, resolved)
	if err != nil {
		return nil, err
	}
	uri := filepath.Join(t.TempDir(), "out")
	l := loop{ctx: t.Context(), spec: spec, in: in, header: dataset.Manifest{Stage: stage, StageVersion: spec.Version, Config: resolved}}
	if err := l.run(built, uri); err != nil {
		return nil, err
	}
	return dataset.Open(t.Context(), uri)
}

// Resolve turns a stage's YAML into resolved JSON with defaults filled in.
func Resolve(t testing.TB, fields stages.Fields, config string) []byte {
	t.Helper()
	resolved, err := dags.Resolve("with", []byte(config), fields)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// loop is the plain execution of one stage.
type loop struct {
	ctx    context.Context
	spec   stages.Spec
	in     stages.Inputs
	header dataset.Manifest
	files  map[string]map[string]int64 // what was counted of each file of a source
	out    *dataset.Writer
}

func (l *loop) run(stage any, uri string) (err error) {
	if l.out, err = dataset.NewWriter(l.ctx, uri, l.spec.Out.Kind, l.parts(stage)); err != nil {
		return err
	}
	if err := l.out.SetTables(l.spec.Out.Tables...); err != nil {
		return err
	}
	switch s := stage.(type) {
	case stages.Source:
		err = l.source(s)
	case stages.Map:
		err = l.eachPart(func(part int, out *dataset.PartWriter) error { return s.Part(l.ctx, l.in, part, out) })
	case stages.Reduce:
		err = l.reduce(s)
	case stages.Job:
		err = s.Run(l.ctx, l.in, l.out)
	}
	if err != nil {
		return err
	}
	if err := stages.SetAttributes(l.ctx, stage, l.in, l.out); err != nil {
		return err
	}
	if err := stages.SetTally(l.ctx, stage, l.in, l.files, l.out); err != nil {
		return err
	}
	return l.out.Commit(l.ctx, l.header, nil)
}

// parts is how many parts the output has: the source's own number, or that of
// the sharded inputs, which all agree.
func (l *loop) parts(stage any) int {
	if s, ok := stage.(stages.Source); ok {
		return s.Parts()
	}
	return l.spec.OutputParts(l.in)
}

func (l *loop) eachPart(write func(part int, out *dataset.PartWriter) error) error {
	for part := range l.out.Parts() {
		out := l.out.Part(part)
		if err := write(part, out); err != nil {
			out.Abort()
			return err
		}
		if _, err := out.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) source(s stages.Source) error {
	files, err := s.Files(l.ctx, l.in)
	if err != nil {
		return err
	}
	byPart := map[int][]extsort.Run{}
	l.header.Counts, l.files = map[string]int64{}, map[string]map[string]int64{}
	for _, file := range files {
		spill := extsort.NewSpill(l.out.Scratch(), l.out.Parts(), file.Index, nil)
		if err := s.Scan(l.ctx, file, spill); err != nil {
			spill.Abort()
			return err
		}
		runs, counts, err := spill.Close()
		if err != nil {
			return err
		}
		for _, run := range runs {
			byPart[run.Part] = append(byPart[run.Part], run)
		}
		l.files[file.Name] = counts
		for name, n := range counts {
			l.header.Counts[name] += n
		}
		l.header.Sources = append(l.header.Sources, file.Name)
	}
	return l.eachPart(func(part int, out *dataset.PartWriter) error { return s.Merge(l.ctx, part, byPart[part], out) })
}

func (l *loop) reduce(s stages.Reduce) error {
	byKey := map[string][][]byte{}
	for part := range l.spec.InputParts(l.in) {
		err := s.Accumulate(l.ctx, l.in, part, func(key string, value []byte) { byKey[key] = append(byKey[key], value) })
		if err != nil {
			return err
		}
	}
	var results []stages.Keyed
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		value, err := s.Merge(l.ctx, l.in, key, byKey[key])
		if err != nil {
			return err
		}
		results = append(results, stages.Keyed{Key: key, Value: value})
	}
	return s.Finish(l.ctx, l.in, results, l.out)
}

// WantCode fails the test unless err ends the process with the code.
func WantCode(t testing.TB, err error, want stages.Code) {
	t.Helper()
	if got := exit.Of(err); got != want {
		t.Fatalf("exit code %d, want %d (error: %v)", got, want, err)
	}
}
