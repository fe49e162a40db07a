package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
)

// copies is a stage for the processes of tests of what runs: its output is a word behind
// its inputs' words. In the step that kiteWaits names by its word it waits to be killed.
const (
	copiesAreThere = "CLINFLOW_TEST_COPIES"
	kiteWaits      = "CLINFLOW_TEST_COPY_WAITS"
)

type copyConfig struct {
	Word  string `json:"word" default:"w" doc:"what is written"`
	Other int    `json:"other" default:"1" doc:"what changes nothing"`
}

type copies struct{ copyConfig }

func init() {
	if os.Getenv(copiesAreThere) == "" {
		return
	}
	stages.RegisterJob(stages.Spec{
		Name: "test.copy", Version: 1, Doc: "test", Out: stages.Output{Kind: "model"},
		In: []stages.Port{{Name: "from", Kind: "model", Many: true, Optional: true, Doc: "what is copied"}},
	}, func(_ *stages.Environment, c copyConfig) (stages.Job, error) { return copies{c}, nil })
}

func (c copies) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	if os.Getenv(kiteWaits) == c.Word {
		if err := os.WriteFile("reached", nil, 0o600); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
		}
	}
	f, err := out.File("words")
	if err != nil {
		return err
	}
	for _, from := range in["from"] {
		words, err := from.OpenFile(ctx, "words")
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, words); err != nil {
			return err
		}
		words.Close()
	}
	fmt.Fprintln(f, c.Word)
	return f.Commit()
}

// kite is a DAG of copies: a fork that joins, written as a group, and a step beside it.
const kite = `name: kite
vars: {top: top, left: left, other: 1}
each:
  side: {left: {word: "${left}"}, right: {word: right}}
steps:
  root: {stage: test.copy, with: {word: root, other: ${other}}}
  top: {stage: test.copy, in: {from: [root]}, with: {word: "${top}"}}
  ${side}: {stage: test.copy, in: {from: [top]}, with: {word: "${side.word}"}}
  end: {stage: test.copy, in: {from: [left, right]}, with: {word: end}}
  alone: {stage: test.copy, with: {word: alone}}
publish: {answer.txt: end.words}
`

// kiteFolder is a folder with kite.yaml in it; commands know its stage.
func kiteFolder(t testing.TB) string {
	t.Helper()
	t.Setenv(copiesAreThere, "1")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "kite.yaml"), kite)
	return dir
}

// ran names the steps that the last run in clinflow-out did, in the file's order.
func ran(t testing.TB, dir string) string {
	t.Helper()
	return stepsOfLast(t, filepath.Join(dir, "clinflow-out"), "done")
}

// stepsOfLast names the steps of the last run that ended in a state, sorted.
func stepsOfLast(t testing.TB, out, state string) string {
	t.Helper()
	last, err := runners.FindRun(t.Context(), out, "last")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range last.Steps {
		if s.State == state {
			names = append(names, s.Step)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
