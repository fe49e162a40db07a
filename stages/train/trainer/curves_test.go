package trainer

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/full"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	_ "github.com/clinflow/clinflow/stages/train/model/bert" // one of the bases
)

// curves holds losses of transformers' own Trainer in float32 (oracle/trainer_curves.py).
type curves struct {
	Optimization
	BatchSize int `json:"batch_size"`
	Epochs    int
	Rows      []struct {
		InputIDs []int32   `json:"input_ids"`
		Label    int32     // of softmax
		Labels   []float32 // of sigmoid, 1 where the label is of the text's
	}
	Curves map[string]curve // by cases of stages/train/parity
}

type curve struct {
	LearningRate float64 `json:"learning_rate"`
	Losses       []float64
}

// cases is where stages/train/parity has models and adapters.
const cases = "../parity/testdata/"

// labels are the classes of softmax and the labels of sigmoid.
const labels = 3

// Accumulation, a last step of fewer batches, warm-up, clipping, and decay that spares
// biases and norms. The loss of a step is the mean over all its tokens or rows: see
// docs/recipes.md for what Trainer makes of it by itself.
func TestFiftyStepsAsTransformersTrainer(t *testing.T) {
	var golden curves
	readJSON(t, "testdata/curves.json", &golden)
	for name, c := range golden.Curves {
		for _, kernels := range []string{"", "go"} {
			t.Run(name+" "+kernels, func(t *testing.T) { golden.follow(t, name, c, kernels) })
		}
	}
}

func (c curves) follow(t *testing.T, name string, want curve, kernels string) {
	o := c.Optimization
	o.Seed = 1
	b, err := cpu.New(cpu.Options{Kernel: kernels})
	must(t, err)
	m, objective := startOf(t, b, name)
	to := Trainer{Env: stages.Default, Name: "test", Model: m, Objective: objective, Train: c.rows(), BatchSize: c.BatchSize, Optimization: o, LearningRate: want.LearningRate}
	m.Params().SpareBiasesAndNorms()
	r := &run{Trainer: to, params: m.Params(), learner: newLearner(to)}
	steps := c.steps(to.Train)
	r.plan = r.schedule(len(steps))
	if len(steps) != len(want.Losses) {
		t.Fatalf("%d steps, want %d", len(steps), len(want.Losses))
	}
	for i, step := range steps {
		r.at.LossSum, r.at.LossWeight = 0, 0
		must(t, r.step(t.Context(), step))
		if got := r.at.LossSum / r.at.LossWeight; !(math.Abs(got-want.Losses[i]) <= 1e-4) {
			t.Fatalf("the loss of step %d is %.7g, want %.7g", i+1, got, want.Losses[i])
		}
	}
}

// startOf is the model that a case begins with, and what it learns.
func startOf(t *testing.T, b kernel.Backend, name string) (*model.Model, Objective) {
	t.Helper()
	var c struct {
		Base, Task string
		Full       bool
	}
	readJSON(t, cases+"cases/"+name+"/case.json", &c)
	m, err := model.Open(t.Context(), b, withoutDropout(t, cases+"bases/"+c.Base), graph.Frozen)
	must(t, err)
	t.Cleanup(m.Close)
	if dir := cases + "cases/" + name + "/adapter"; c.Full {
		trainWhole(t, m, dir)
	} else {
		_, err = m.LoadAdapter(t.Context(), "a", dir, graph.Trainable)
		must(t, err)
	}
	if c.Task == "lm" {
		return m, LanguageModel{Model: m}
	}
	return m, Classifier{Logits: m.ClassLogits, Multilabel: c.Task == "sigmoid", NumLabels: labels}
}

// trainWhole trains all weights of a model, and a head that begins as an adapter's.
func trainWhole(t *testing.T, m *model.Model, dir string) {
	t.Helper()
	a, err := m.AddAdapter("a", adapter.Config{PEFTType: "FULL", Method: full.Config{}, TaskType: adapter.SeqCls}, labels, 1)
	must(t, err)
	file, err := checkpoint.OpenFile(filepath.Join(dir, adapter.WeightsName))
	must(t, err)
	defer file.Close()
	for name, p := range map[string]*graph.Param{"weight": a.Head.Weight, "bias": a.Head.Bias} {
		values, err := checkpoint.Read[float32](file, "base_model.model.classifier."+name, p.Shape()...)
		must(t, err)
		must(t, p.Upload(kernel.F32s(values)))
	}
}

// withoutDropout is a copy of a base whose configuration has none.
func withoutDropout(t *testing.T, base string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(base)))
	path := filepath.Join(dir, model.ConfigName)
	config, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(config), `dropout_prob": 0.1`, `dropout_prob": 0.0`)), 0o600))
	return dir
}

func (c curves) rows() (rows examples.Rows) {
	for _, r := range c.Rows {
		row := examples.Example{InputIDs: r.InputIDs, NTokens: int32(len(r.InputIDs)), Label: r.Label}
		for label, is := range r.Labels {
			if is == 1 {
				row.Labels = append(row.Labels, int32(label))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// steps are the batches of each optimizer step, in the order of the rows in every epoch.
func (c curves) steps(rows examples.Rows) (steps [][]batch) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	var all []batch
	for numbers := range slices.Chunk(order, c.BatchSize) {
		all = append(all, batch{numbers, rows.Longest()})
	}
	for range c.Epochs {
		steps = slices.AppendSeq(steps, slices.Chunk(all, c.Accumulation))
	}
	return steps
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, json.Unmarshal(data, into))
}
