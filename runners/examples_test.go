package runners_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
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
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: "testdata/examples.yaml"})
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
		got[name] = joined(t, examples.SourceOf(in))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
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
