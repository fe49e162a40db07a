//go:build slow

package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// drawn is a source of predictions that are drawn: of as many examples and labels as
// a test asks for, in little memory.
type drawn struct {
	File     string `json:"file" path:"true" doc:"any file; a source reads one"`
	Variant  string `json:"variant" doc:"variant"`
	Examples int    `json:"examples" doc:"examples"`
	Labels   int    `json:"labels" doc:"labels"`
}

const drawnParts = 8

func init() {
	stages.RegisterSource(stages.Spec{
		Name: "test.drawn", Version: 1, Doc: "test",
		Out: stages.Output{Kind: task.KindPredictions, Tables: []string{task.TablePredictions}},
	}, func(_ *stages.Environment, d drawn) (stages.Source, error) { return d, nil })
}

// Attributes say that the predictions are of a multilabel task.
func (d drawn) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	of := task.Task{Name: "diag", Kind: task.Multilabel}
	for label := range d.Labels {
		of.Labels = append(of.Labels, fmt.Sprint(label))
	}
	return map[string]any{task.Attribute: of}, nil
}

func (d drawn) Parts() int { return drawnParts }

func (d drawn) Files(context.Context, stages.Inputs) ([]stages.RawFile, error) {
	return []stages.RawFile{{Table: task.TablePredictions, Name: "file", URI: d.File}}, nil
}

func (d drawn) Scan(context.Context, stages.RawFile, *extsort.Spill) error { return nil }

// Merge draws one logit a label and some three labels an example.
func (d drawn) Merge(_ context.Context, part int, _ []extsort.Run, out *dataset.PartWriter) error {
	rows, err := dataset.Rows[task.Prediction](out, task.TablePredictions)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(uint64(part), uint64(len(d.Variant))))
	for i := part; i < d.Examples; i += drawnParts {
		row := task.Prediction{ExampleID: fmt.Sprint(i), SubjectID: int64(i), Task: "diag", Variant: d.Variant, Split: "test", Logits: make([]float32, d.Labels)}
		for k := range row.Logits {
			row.Logits[k] = float32(random.NormFloat64())
		}
		for range 3 {
			label := random.IntN(d.Labels)
			row.Labels = append(row.Labels, int32(label))
			row.Logits[label]++
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// evaluated draws predictions of so many variants and evaluates them, in one child, and
// returns its peak.
func evaluated(t *testing.T, examples, labels, variants int, memory string) (peak int64) {
	t.Helper()
	dir := t.TempDir()
	dag := "name: wide\nsteps:\n"
	var names []string
	for k := range variants {
		name := "variant" + strings.Repeat("x", k)
		names = append(names, name)
		dag += fmt.Sprintf("  %s: {stage: test.drawn, with: {file: %q, variant: %s, examples: %d, labels: %d}}\n", name, filepath.Join(dir, "wide.yaml"), name, examples, labels)
	}
	dag += fmt.Sprintf("  auroc: {stage: eval.auroc, in: {predictions: [%s]}}\n", strings.Join(names, ", "))
	write(t, filepath.Join(dir, "wide.yaml"), dag)
	cmd := command(t, dir, "run", "wide.yaml", "--quiet", "--memory", memory, "--out", "out")
	if r := finish(t, cmd); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.all())
	}
	run, err := runners.FindRun(t.Context(), filepath.Join(dir, "out"), "last")
	if err != nil {
		t.Fatal(err)
	}
	peak = peakMiB(cmd.ProcessState)
	t.Logf("%d examples of %d labels, %d variants, --memory %s: peak %d MiB, eval.auroc %.1f s, processor %.1f s with the drawing",
		examples, labels, variants, memory, peak, run.Steps[len(run.Steps)-1].Seconds, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	return peak
}

// 40,000 examples of 1,000 labels are 160 MB of logits.
func TestSlowEvaluationStaysInItsMemory(t *testing.T) {
	if peak := evaluated(t, 40_000, 1_000, 1, "1GiB"); peak > 1024 {
		t.Errorf("peak %d MiB, more than the budget", peak)
	}
}

// Six variants are measured one after the other.
func TestSlowMoreVariantsTakeNoMoreMemory(t *testing.T) {
	one, six := evaluated(t, 8_000, 500, 1, "256MiB"), evaluated(t, 8_000, 500, 6, "256MiB")
	if six > one+one/4 {
		t.Errorf("peak %d MiB of one variant, %d MiB of six", one, six)
	}
}
