package train

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/stages/train/trainlog"
	"github.com/clinflow/clinflow/task"
)

func TestPartsAndWorkersDoNotShow(t *testing.T) {
	type outcome struct {
		base, adapter string
		logits        map[string][]float32
	}
	run := func(parts, workers int) outcome {
		env := environment("cpu", workers)
		tokens := corpus(t, 150, parts)
		base := baseModelIn(t, env, tokens, quickBase)
		adapter := stagetest.RunIn(t, env, "train.finetune", `{learning_rate: 0.01, epochs: 2, peft: {dropout: 0.1}}`, tokens.with(stages.Inputs{"base": {base}}))
		o := outcome{base.Manifest.Digest(), weightsDigest(t, adapter), map[string][]float32{}}
		for _, row := range predictionsIn(t, env, tokens, base, adapter, `{variant: lora}`) {
			o.logits[row.ExampleID] = row.Logits
		}
		return o
	}
	want := run(1, 1)
	for _, c := range []struct{ parts, workers int }{{4, 1}, {64, 1}, {1, 2}, {4, 3}} {
		if diff := cmp.Diff(want, run(c.parts, c.workers), cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("%d parts, %d workers differ from one and one:\n%s", c.parts, c.workers, diff)
		}
	}
}

// weightsDigest is the sha256 of an adapter's weights.
func weightsDigest(t *testing.T, d *dataset.Dataset) string {
	t.Helper()
	for _, f := range d.Manifest.Files {
		if f.Name == adapter.WeightsName {
			return f.SHA256
		}
	}
	t.Fatal("the adapter has no weights")
	return ""
}

func TestPredictionsKeepPartsAndRows(t *testing.T) {
	tokens := corpus(t, 80, 3)
	base := baseModel(t, tokens, quickBase)
	adapter := stagetest.Run(t, "train.finetune", `{peft: {type: none}, epochs: 1}`, tokens.with(stages.Inputs{"base": {base}}))
	d := stagetest.Run(t, "train.predict", `{variant: head, splits: [train, test]}`, tokens.with(stages.Inputs{"base": {base}, "adapter": {adapter}}))
	for part := range d.Parts() {
		var want, got []task.Prediction
		for _, row := range tokens.rows { // ordered as the tokens
			if mimic.PartOf(row.SubjectID, d.Parts()) == part && row.Split != "val" {
				want = append(want, task.Prediction{ExampleID: row.ExampleID, SubjectID: row.SubjectID, Task: "mor", Variant: "head", Split: row.Split, Label: row.Label, Labels: row.Labels})
			}
		}
		for row, err := range dataset.Read[task.Prediction](t.Context(), d, task.TablePredictions, part) {
			must(t, err)
			if len(row.Logits) != 2 {
				t.Fatalf("%d logits of 2 classes", len(row.Logits))
			}
			got = append(got, row)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(task.Prediction{}, "Logits"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("part %d:\n%s", part, diff)
		}
	}
}

// tinyModel is a model with a new adapter and head on its own backend.
func tinyModel(t *testing.T) (*model.Model, *adapter.Adapter) {
	t.Helper()
	b, err := cpu.New(cpu.Options{Workers: 1})
	must(t, err)
	m, err := llama.New(t.Context(), b, llama.Config{
		HiddenSize: 16, IntermediateSize: 24, NumHiddenLayers: 1, NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 8,
		VocabSize: wordCount, MaxPositionEmbeddings: 24, RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.2, TieWordEmbeddings: true,
	}, 1)
	must(t, err)
	t.Cleanup(m.Close)
	a, err := m.AddAdapter("task", lora.Config{R: 2, LoraAlpha: 4, TargetModules: []string{"q_proj"}}.Adapter(adapter.SeqCls), 2, 1)
	must(t, err)
	return m, a
}

func TestHeadOverCachedStatesIsTheHead(t *testing.T) {
	tokens := corpus(t, 150, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	clinical := stagetest.Run(t, "train.pretrain", `{learning_rate: 0.1, peft: {r: 2}}`, in)
	for name, in := range map[string]stages.Inputs{"head": in, "clinical_frozen": tokens.with(stages.Inputs{"base": in["base"], "clinical": {clinical}})} {
		want, got := headLog(t, in, false), headLog(t, in, true)
		if len(want) < 10 {
			t.Fatalf("a log of %d lines", len(want))
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-4, 1e-6)); diff != "" {
			t.Errorf("%s: with cached hidden states the log differs:\n%s", name, diff)
		}
	}
}

// twoLabels is the task of the tests' documents.
var twoLabels = task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"no", "yes"}}

// headLog trains a head alone over documents of one length, which are batched
// alike with and without the cache.
func headLog(t *testing.T, in stages.Inputs, cached bool) []trainlog.Line {
	t.Helper()
	splits, _, err := readSplits(t.Context(), examples.SourceOf(in, split.Overlap{}), leakage.Ancestry{}, "train", "val")
	must(t, err)
	for _, rows := range splits {
		for i := range rows {
			rows[i].InputIDs, rows[i].NTokens = rows[i].InputIDs[:6], 6
		}
	}
	var headAlone adapter.PEFT
	must(t, json.Unmarshal([]byte(`{"type": "none", "r": 1}`), &headAlone))
	c := FinetuneConfig{
		LearningRate: 0.1, Epochs: 2, BatchSize: 16, PEFT: headAlone, Clinical: "frozen",
		Labelled:     Labelled{ClassWeights: "balanced"},
		Optimization: trainer.Optimization{Accumulation: 1, LogEvery: 1, SaveEvery: 100},
	}
	var lines []trainlog.Line
	must(t, onDevice{stages.Default}.onBase(t.Context(), in, "", func(m *model.Model, dir string) error {
		v, err := newVariant(t.Context(), m, dir, c, twoLabels, in)
		must(t, err)
		work, err := store.Open(t.TempDir())
		must(t, err)
		to, err := c.trainer(t.Context(), stages.Default, m, twoLabels, v, splits, work)
		must(t, err)
		defer to.Hidden.Close()
		if n := len(to.Train[0].InputIDs); n != 1 {
			t.Errorf("an example of %d tokens: the hidden states were not computed once", n)
		}
		if !cached {
			o := to.Objective.(trainer.Classifier)
			o.Logits = m.ClassLogits
			to.Objective, to.Train, to.Val, to.Hidden = o, splits["train"], splits["val"], nil
		}
		_, err = to.Learn(t.Context(), work)
		lines = keptLog(t, work)
		return err
	}))
	return lines
}
