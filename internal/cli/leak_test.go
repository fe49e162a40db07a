package cli

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// panicky is a map stage that panics with the text of a note.
type panicky struct{}

func (panicky) Part(ctx context.Context, in stages.Inputs, part int, _ *dataset.PartWriter) error {
	for note, err := range dataset.Read[mimic.Note](ctx, in.One("notes"), mimic.TableNotes, part) {
		if err != nil {
			return err
		}
		panic(note.Text)
	}
	return nil
}

func init() {
	stages.RegisterMap(stages.Spec{
		Name: "test.panicky", Version: 1, Doc: "panics with a note's text",
		In:  []stages.Port{{Name: "notes", Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}, Sharded: true, Doc: "notes"}},
		Out: stages.Output{Kind: task.KindTexts, Tables: []string{task.TableTexts}},
	}, func(_ *stages.Environment, _ struct{}) (stages.Map, error) { return panicky{}, nil })
}

const panickyDAG = `
name: panicky
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 8}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  fails: {stage: test.panicky, in: {notes: patients.notes}}
`

func TestPanicsLeakNoText(t *testing.T) {
	for _, runner := range []string{"direct", "prism"} {
		t.Run(runner, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "panicky.yaml"), panickyDAG)
			r := clinflow(t, dir, 1, "run", "panicky.yaml", "--out", "out", "--verbose", "--runner", runner)
			if !strings.Contains(r.stderr, "internal error at leak_test.go") {
				t.Errorf("the error does not say where it happened:\n%s", withheld(r.stderr))
			}
			noCanary(t, "the streams", r.all())
			noCanaryBelow(t, filepath.Join(dir, "out"))
		})
	}
}

// withheld keeps a failing test from doing what it tests against.
func withheld(text string) string { return synth.CanaryPattern.ReplaceAllString(text, "CANARY") }

func noCanary(t testing.TB, where, text string) {
	t.Helper()
	if found := synth.CanaryPattern.FindAllString(text, -1); len(found) > 0 {
		t.Errorf("%s: %d canaries of note text", where, len(found))
	}
	for section, words := range synth.Sentinels() {
		for _, word := range words {
			if strings.Contains(strings.ToLower(text), word) {
				t.Errorf("%s: a word of the section %s", where, section)
			}
		}
	}
}

// plain are the names of files that may hold no text in any form.
var plain = []string{".json", ".jsonl", ".html"}

// noCanaryBelow reads every journal, manifest, metric and report of an output
// folder. A trained tokenizer.json has the pieces of its tokenizer.model, which are
// words of notes: it is as confidential, and the README says so.
func noCanaryBelow(t testing.TB, root string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains(plain, filepath.Ext(path)) && entry.Name() != "tokenizer.json" {
			noCanary(t, path, read(t, path))
			files++
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files read below %s: %v", files, root, err)
	}
}
