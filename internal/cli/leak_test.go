package cli

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
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
var plain = []string{".json", ".jsonl", ".html", ".md", ".csv", ".svg", ".txt", ".log"}

// noCanaryBelow reads every journal, manifest, metric, card and report of an output
// folder. A trained tokenizer.json has the pieces of its tokenizer.model, which are
// words of notes: it is as confidential, and the README says so.
func noCanaryBelow(t testing.TB, root string) {
	t.Helper()
	for path, text := range plainBelow(t, root) {
		noCanary(t, path, text)
	}
}

// plainBelow are the plain files of an output folder.
func plainBelow(t testing.TB, root string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains(plain, filepath.Ext(path)) && entry.Name() != "tokenizer.json" {
			texts[path] = read(t, path)
		}
		return err
	})
	if err != nil || len(texts) == 0 {
		t.Fatalf("%d files read below %s: %v", len(texts), root, err)
	}
	return texts
}

// identities are the ids of patients, admissions and stays in a run's folder. A note's id
// begins with its patient's.
func identities(t testing.TB, root string) map[string]bool {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(root, "steps", "patients-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("patients' folders: %v %v", folders, err)
	}
	d, err := dataset.Open(t.Context(), folders[0])
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for part := range d.Parts() {
		for a, err := range dataset.Read[mimic.Admission](t.Context(), d, mimic.TableAdmissions, part) {
			if err != nil {
				t.Fatal(err)
			}
			ids[fmt.Sprint(a.SubjectID)], ids[fmt.Sprint(a.HadmID)] = true, true
		}
		for s, err := range dataset.Read[mimic.ICUStay](t.Context(), d, mimic.TableICUStays, part) {
			if err != nil {
				t.Fatal(err)
			}
			ids[fmt.Sprint(s.StayID)] = true
		}
	}
	if len(ids) < 100 {
		t.Fatalf("%d ids", len(ids))
	}
	return ids
}

var number = regexp.MustCompile(`[0-9][0-9.]*`)

// noIdentity finds whole numbers that are ids, and fractions whose digits end so neither.
func noIdentity(t testing.TB, where, text string, ids map[string]bool) {
	t.Helper()
	found := 0
	for _, n := range number.FindAllString(text, -1) {
		if ids[strings.TrimRight(n, ".")] {
			found++
		}
	}
	if found > 0 {
		t.Errorf("%s: %d ids of patients, admissions or stays", where, found)
	}
}

// TestIdentitiesAreFound: what looks for ids finds them.
func TestIdentitiesAreFound(t *testing.T) {
	ids := map[string]bool{"10012345": true}
	for text, found := range map[string]bool{
		`{"example": "10012345-DS-3"}`: true, "patient 10012345.": true, "of_10012345_": true,
		"0.10012345": false, "110012345": false, "100123456": false,
	} {
		probe := &testing.T{}
		if noIdentity(probe, "", text, ids); probe.Failed() != found {
			t.Errorf("%q: found is %v", text, probe.Failed())
		}
	}
}
