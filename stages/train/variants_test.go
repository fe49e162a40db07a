package train

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/task"
)

func TestAdapterIsWhatWasConfigured(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	for _, c := range []struct {
		config string
		want   lora.Config
	}{
		{`{epochs: 1, peft: {r: 3, alpha: 5, dropout: 0.25, target_modules: [k_proj, up_proj]}}`,
			lora.Config{R: 3, LoraAlpha: 5, LoraDropout: 0.25, TargetModules: []string{"k_proj", "up_proj"}}},
		{`{epochs: 1, peft: {type: none, r: 3, alpha: 5}}`, lora.Config{R: 3, LoraAlpha: 5, TargetPattern: lora.NoModules}},
	} {
		want := c.want.Adapter(adapter.SeqCls)
		want.ModulesToSave, want.BaseModel = []string{"score"}, "out"
		dir, err := folder(t.Context(), stagetest.Run(t, "train.finetune", c.config, in), adapter.ConfigName)
		must(t, err)
		got, err := adapter.ReadConfig(dir)
		must(t, err)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s:\n%s", c.config, diff)
		}
	}
}

func TestClassWeightsFollowTheConfiguration(t *testing.T) {
	rows := map[string]examples.Rows{"train": {{InputIDs: []int32{1}, Label: 1}, {InputIDs: []int32{2}}, {InputIDs: []int32{3}}}}
	for _, c := range []struct {
		of      task.Task
		weights string
		want    []float64
	}{{twoLabels, "balanced", rows["train"].ClassWeights(2)}, {twoLabels, "none", nil}, {task.Task{Kind: task.Multilabel, Labels: twoLabels.Labels}, "balanced", nil}} {
		m, a := tinyModel(t)
		config := FinetuneConfig{Labelled: Labelled{ClassWeights: c.weights}, BatchSize: 2}
		to, err := config.trainer(t.Context(), stages.Default, m, c.of, variant{{a, taskFolder, nil}}, rows, nil)
		must(t, err)
		if diff := cmp.Diff(c.want, to.Objective.(trainer.Classifier).ClassWeights); diff != "" {
			t.Errorf("%s, %s:\n%s", c.of.Kind, c.weights, diff)
		}
	}
}

func TestMultiLabel(t *testing.T) {
	tokens := corpus(t, 500, 1).as(t, "diag", task.Multilabel, 3)
	base := baseModel(t, tokens, quickBase)
	adapter := stagetest.Run(t, "train.finetune", quickLoRA, tokens.with(stages.Inputs{"base": {base}}))
	rows := predictions(t, tokens, base, adapter, `{variant: x, splits: [test]}`)
	for _, row := range rows {
		if row.Logits[2] > -1 {
			t.Errorf("a label that no one has gets the logit %g", row.Logits[2])
		}
	}
	// Labels 0 and 2 tell no rows apart: the mean is that of label 1.
	if auroc := aurocOf(t, trainer.Classifier{Multilabel: true, NumLabels: 3}, rows); auroc < 0.9 {
		t.Errorf("AUROC %.3f on a rule that can be learned whole", auroc)
	}
}

func TestSelectionKeepsTheBestEpoch(t *testing.T) {
	tokens := corpus(t, 200, 1)
	base := baseModel(t, tokens, quickBase)
	// A rate so high that epochs go up and down.
	adapter := stagetest.Run(t, "train.finetune", `{selection: best, learning_rate: 0.3, epochs: 6, warmup_ratio: 0}`, tokens.with(stages.Inputs{"base": {base}}))
	var perEpoch []float64
	for _, line := range readLog(t, adapter) {
		if line.AUROC != nil {
			perEpoch = append(perEpoch, *line.AUROC)
		}
	}
	rows := predictions(t, tokens, base, adapter, `{variant: x, splits: [val]}`)
	got := aurocOf(t, trainer.Classifier{NumLabels: 2}, rows)
	if len(perEpoch) != 6 || slices.Max(perEpoch) == perEpoch[5] || math.Abs(got-slices.Max(perEpoch)) > 1e-9 {
		t.Errorf("the adapter's AUROC on val is %.4f, the epochs' were %.4f", got, perEpoch)
	}
}

func TestPatienceKeepsTheBestEpoch(t *testing.T) {
	tokens := corpus(t, 200, 1)
	base := baseModel(t, tokens, quickBase)
	const config = `selection: best, learning_rate: 0.3, warmup_ratio: 0, peft: {r: 2}`
	whole := stagetest.Run(t, "train.finetune", `{epochs: 9, `+config+`}`, tokens.with(stages.Inputs{"base": {base}}))
	early := stagetest.Run(t, "train.finetune", `{epochs: 9, patience: 2, `+config+`}`, tokens.with(stages.Inputs{"base": {base}}))
	log := readLog(t, early)
	if n := early.Manifest.Counts["epochs"]; n >= 9 || whole.Manifest.Counts["epochs"] != 9 || !log[len(log)-1].Stopped {
		t.Fatalf("%d epochs of 9 were run, the log's last line is %+v", n, log[len(log)-1])
	}
	if diff := cmp.Diff(readLog(t, whole)[:len(log)-1], log[:len(log)-1]); diff != "" {
		t.Errorf("up to its end the run differs from one without patience:\n%s", diff)
	}
	best := 0.0
	for _, line := range log {
		if line.AUROC != nil {
			best = max(best, *line.AUROC)
		}
	}
	rows := predictions(t, tokens, base, early, `{variant: x, splits: [val]}`)
	if got := aurocOf(t, trainer.Classifier{NumLabels: 2}, rows); math.Abs(got-best) > 1e-9 {
		t.Errorf("the adapter's AUROC on val is %.4f, the best epoch's was %.4f", got, best)
	}
}

func TestRefusals(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base, other := baseModel(t, tokens, quickBase), baseModel(t, tokens, `seed: 7, epochs: 1`)
	adapter := stagetest.Run(t, "train.finetune", `{peft: {type: none}, epochs: 1}`, tokens.with(stages.Inputs{"base": {base}}))
	rows := func(change func(i int, row *examples.Example)) labelled {
		var out []examples.Example
		for i := range 30 {
			row := examples.Example{ExampleID: fmt.Sprint(i), SubjectID: int64(i), Split: "train", InputIDs: []int32{1, 5, 6}, NTokens: 3}
			change(i, &row)
			out = append(out, row)
		}
		return write(t, out, 1)
	}
	onBase := func(tokens labelled) stages.Inputs {
		return tokens.with(stages.Inputs{"base": {base}})
	}
	for _, c := range []struct {
		name, stage, config string
		in                  stages.Inputs
		code                exit.Code
		want                string
	}{
		{"a patient in two splits", "train.finetune", `{}`, onBase(rows(func(i int, r *examples.Example) {
			if i == 3 {
				r.SubjectID, r.Split = 4, "test"
			}
		})), exit.BadData, "<10 patients occur in more than one split"},
		{"language model on a patient in two splits", "train.pretrain", `{}`, onBase(rows(func(i int, r *examples.Example) {
			if i == 3 {
				r.SubjectID, r.Split = 4, "val"
			}
		})), exit.BadData, "<10 patients occur in more than one split"},
		{"no train rows", "train.pretrain", `{}`, onBase(rows(func(i int, r *examples.Example) { r.SubjectID, r.Split = int64(1000+i), "val" })), exit.BadData, "no example of split train"},
		{"nothing to predict", "train.pretrain", `{}`, onBase(rows(func(i int, r *examples.Example) { r.InputIDs = r.InputIDs[:1] })), exit.BadData, "no example of split train"},
		{"an example id twice", "train.finetune", `{}`, onBase(rows(func(i int, r *examples.Example) { r.ExampleID = "same" })), exit.BadData, "an example_id occurs twice"},
		{"a label outside", "train.finetune", `{}`, onBase(rows(func(i int, r *examples.Example) { r.Label = 2 })), exit.BadData, "outside 0…1"},
		{"a document without tokens", "train.finetune", `{}`, onBase(rows(func(i int, r *examples.Example) { r.InputIDs = nil })), exit.BadData, "no token"},
		{"a token outside the vocabulary", "train.pretrain", `{}`, onBase(rows(func(i int, r *examples.Example) { r.InputIDs = []int32{1, 999} })), exit.BadData, "vocabulary of 261"},
		{"documents longer than the model", "train.finetune", `{}`, onBase(rows(func(i int, r *examples.Example) { r.InputIDs = make([]int32, 25) })), exit.Usage, "max_position_embeddings"},
		{"no base", "train.finetune", `{}`, tokens.with(nil), exit.Usage, "base: is missing"},
		{"two bases", "train.finetune", `{base: elsewhere}`, onBase(tokens), exit.Usage, "give one"},
		{"a base that is not there", "train.finetune", `{base: nowhere}`, tokens.with(nil), exit.Usage, "config.json"},
		{"nothing to train", "train.pretrain", `{peft: {type: none}}`, onBase(tokens), exit.Usage, "peft.type"},
		{"heads that do not divide", "train.base", `{hidden_size: 10, heads: 4}`, nil, exit.Usage, "heads"},
		{"an unknown split", "train.predict", `{variant: v, splits: [dev]}`, nil, exit.Usage, "splits"},
		{"an adapter of another base", "train.predict", `{variant: v}`, tokens.with(stages.Inputs{"base": {other}, "adapter": {adapter}}), exit.Usage, "another base"},
		{"a rate that diverges", "train.finetune", `{learning_rate: 1.0e+30, epochs: 2, warmup_ratio: 0}`, onBase(tokens), exit.Failed, "diverged"},
	} {
		_, err := stagetest.Try(t, c.stage, c.config, c.in)
		if err == nil || exit.Of(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: exit %d, %v; want %d and %q", c.name, exit.Of(err), err, c.code, c.want)
		}
	}
}
