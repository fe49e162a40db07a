package runners_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// examplesBefore are the examples of a task, in their order.
type examplesBefore struct {
	Examples int    `json:"examples"`
	SHA256   string `json:"sha256"` // of their lines, see oracle/examples_before.py
}

// Texts that are made once and labels beside them join to the examples that each task
// had a copy of before: ids, order, splits, labels and tokens.
func TestExamplesAreWhatTheyWere(t *testing.T) {
	text, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]examplesBefore
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: "testdata/examples.yaml", Set: map[string]string{"tree": treeOfDeaths(t)}})
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]*dataset.Dataset{}
	for _, step := range d.Steps {
		made[step.Name] = runOn(t, step, step.Bind(made), "direct", 2)
	}
	got := map[string]examplesBefore{}
	for name := range want {
		in := stages.Inputs{"tokens": {made["tokens"]}, "labels": {made["labels_"+name]}, "split": {made["split"]}}
		if name == "mor" {
			in["tokens"] = append(in["tokens"], made["tokens_without_deaths"])
		}
		got[name] = joined(t, examples.SourceOf(in, split.Overlap{}))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if counts := made["texts_without_deaths"].Manifest.Counts; counts["edited"] == 0 || counts["withdrawn"] == 0 {
		t.Errorf("mortality's texts are those of the other tasks: %v", counts)
	}
}

// mentions are what some notes are made to tell of a death, as in
// oracle/examples_before.py.
var mentions = map[string]string{
	"GENERAL: Eyes closed": "GENERAL: Patient expired",
	"1. Gout":              "1. Gout, of which the patient has died",
}

// treeOfDeaths is a folder of synthetic MIMIC-IV files with such notes.
func treeOfDeaths(t *testing.T) string {
	t.Helper()
	files := stagetest.Run(t, "synth.mimiciv", "{patients: 80, seed: 3}", nil)
	notes, err := files.LocalPath(t.Context(), "note/discharge.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(filepath.Dir(notes)))); err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open(notes)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for told, death := range mentions {
		text = bytes.ReplaceAll(text, []byte(told), []byte(death))
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), os.WriteFile(filepath.Join(dir, "note", "discharge.csv.gz"), out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func joined(t *testing.T, from examples.Source) (e examplesBefore) {
	t.Helper()
	sum := sha256.New()
	for part := range from.Parts() {
		for row, err := range from.Part(t.Context(), part, nil) {
			if err != nil {
				t.Fatal(err)
			}
			e.Examples++
			fmt.Fprintf(sum, "%s\t%s\t%d\t%s\t%s\n", row.ExampleID, row.Split, row.Label, numbers(row.Labels), numbers(row.InputIDs))
		}
	}
	e.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return e
}

func numbers(of []int32) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(of), "[]"), " ", ",")
}
