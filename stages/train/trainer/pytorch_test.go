package trainer

import (
	"math"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// pytorch holds losses of torch, transformers and peft in float64, written by
// oracle/llama_golden.py.
type pytorch struct {
	Batch struct {
		InputIDs [][]int32 `json:"input_ids"`
		Mask     [][]int   `json:"attention_mask"`
		Classes  []int32
	}
	WeightedLoss   float64 `json:"weighted_loss"`
	MultilabelLoss float64 `json:"multilabel_loss"`
	Multihot       [][]float32
	Weights        []float64 `json:"class_weights"`
}

const llamaDir = "../model/testdata/llama/"

// rows are the documents of the golden batch, and that batch.
func (g pytorch) rows() (rows examples.Rows, all batch) {
	all.length = len(g.Batch.InputIDs[0])
	for i, ids := range g.Batch.InputIDs {
		n := 0
		for _, real := range g.Batch.Mask[i] {
			n += real
		}
		all.rows = append(all.rows, i)
		rows = append(rows, examples.Example{InputIDs: ids[:n], NTokens: int32(n), Label: g.Batch.Classes[i]})
	}
	return rows, all
}

// goldenRun is a run in float64 over the golden model with one of its adapters.
func goldenRun(t *testing.T, adapter string, batchSize int, objective func(*model.Model) Objective) *run {
	t.Helper()
	b, err := cpu.New(cpu.Options{Float: kernel.F64})
	must(t, err)
	m, err := model.Open(t.Context(), b, llamaDir+"hf", graph.Frozen)
	must(t, err)
	t.Cleanup(m.Close)
	_, err = m.LoadAdapter(t.Context(), adapter, llamaDir+adapter, graph.Trainable)
	must(t, err)
	to := Trainer{Env: stages.Default, Name: "test", Model: m, Objective: objective(m), BatchSize: batchSize, Optimization: Optimization{Seed: 1, WeightDecay: 0.01}}
	return &run{Trainer: to, params: m.Params(), learner: newLearner(to)}
}

func asLM(m *model.Model) Objective { return LanguageModel{Model: m} }

func asClassifier(weights []float64) func(m *model.Model) Objective {
	return func(m *model.Model) Objective {
		return Classifier{Logits: m.ClassLogits, NumLabels: 2, ClassWeights: weights}
	}
}

func TestWeightedAndMultiLabelLossAsPyTorch(t *testing.T) {
	var g pytorch
	readJSON(t, llamaDir+"golden.json", &g)
	rows, all := g.rows()
	for i, hot := range g.Multihot {
		for label, is := range hot {
			if is == 1 {
				rows[i].Labels = append(rows[i].Labels, int32(label))
			}
		}
	}
	multi := func(m *model.Model) Objective {
		return Classifier{Logits: m.ClassLogits, Multilabel: true, NumLabels: 2}
	}
	for name, c := range map[string]struct {
		objective func(*model.Model) Objective
		want      float64
	}{"class weights": {asClassifier(g.Weights), g.WeightedLoss}, "multi-label": {multi, g.MultilabelLoss}} {
		r := goldenRun(t, "lora_cls", 4, c.objective)
		r.learner.(*modelLearner).train = rows
		must(t, r.accumulate([]batch{all}))
		if got := r.at.LossSum / r.at.LossWeight; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: loss %.12g, want %.12g", name, got, c.want)
		}
	}
}

func TestClipScalesToTheNorm(t *testing.T) {
	var g pytorch
	readJSON(t, llamaDir+"golden.json", &g)
	rows, all := g.rows()
	r := goldenRun(t, "lora_lm", 4, asLM)
	r.learner.(*modelLearner).train = rows
	must(t, r.accumulate([]batch{all}))
	grads := map[string][]float64{}
	var squares float64
	for _, p := range r.params.Trainable() {
		grads[p.Name()] = make([]float64, p.Len())
		must(t, p.DownloadGrad(kernel.F64s(grads[p.Name()])))
		for _, v := range grads[p.Name()] {
			squares += v * v
		}
	}
	norm := math.Sqrt(squares)
	for _, c := range []struct{ limit, want float64 }{{0, 1}, {norm * 2, 1}, {norm / 4, 0.25}} {
		// Without a beta1 the first moment is the gradient that AdamW saw.
		must(t, r.params.AdamW(kernel.Adam{Beta2: 0.999, Eps: 1e-8, Step: 1}, c.limit))
		for _, p := range r.params.Trainable() {
			m, v := make([]float64, p.Len()), make([]float64, p.Len())
			must(t, p.DownloadMoments(kernel.F64s(m), kernel.F64s(v)))
			for i, got := range m {
				// torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm.
				if want := c.want * grads[p.Name()][i]; math.Abs(got-want) > 1e-5*math.Abs(want) {
					t.Fatalf("limit %g of norm %g: the gradient %g of %s became %g", c.limit, norm, want/c.want, p.Name(), got)
				}
			}
		}
	}
}
