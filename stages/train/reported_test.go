package train

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// TestTheAUROCThatSelectsIsReported: what the log of a training says of val is what
// eval.auroc measures on val for its predictions, of every kind of task, by the same
// recipe. The variant is named by the adapter.
func TestTheAUROCThatSelectsIsReported(t *testing.T) {
	tokens := corpus(t, 300, 2)
	for i := range tokens.rows { // four classes, and sets of three labels
		tokens.rows[i].Labels = []int32{tokens.rows[i].Label, 2}[:i%3]
		tokens.rows[i].Label += 2 * int32(i%2)
	}
	base := baseModel(t, corpus(t, 120, 2), quickBase)
	for _, c := range []struct {
		kind   task.Kind
		labels int
		recipe string
	}{
		{task.Multiclass, 4, "recipe: clinical"}, {task.Multiclass, 4, "recipe: paper"},
		{task.Multilabel, 3, "recipe: clinical"}, {task.Multilabel, 3, "recipe: paper"},
	} {
		of := tokens.as(t, "some", c.kind, c.labels)
		adapter := stagetest.Run(t, "train.finetune", `{epochs: 2, learning_rate: 0.01, peft: {type: none}, `+c.recipe+`}`, of.with(stages.Inputs{"base": {base}}))
		predicted := stagetest.Run(t, "train.predict", `{splits: [val]}`, of.with(stages.Inputs{"base": {base}, "adapter": {adapter}}))
		measured := stagetest.Run(t, "eval.auroc", `{split: val, small_cells: show, `+c.recipe+`}`, stages.Inputs{"predictions": {predicted}})
		var metrics eval.Metrics
		must(t, measured.ReadJSON(t.Context(), eval.MetricsName, &metrics))
		log := readLog(t, adapter)
		selected, reported := log[len(log)-1].AUROC, metrics.Variants["head"].Tasks["some"]
		if selected == nil || reported.AUROC == nil || math.Abs(*selected-*reported.AUROC) > 1e-9 {
			t.Errorf("%s by %s: selected by %v, reported %v", c.kind, c.recipe, show(selected), show(reported.AUROC))
		}
	}
}

func show(x *float64) string {
	text, _ := json.Marshal(x)
	return string(text)
}

// TestVariantsOfPredictions: the name is the adapter's, or the step's own.
func TestVariantsOfPredictions(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := baseModel(t, tokens, quickBase)
	tune := func(config string) *dataset.Dataset {
		return stagetest.Run(t, "train.finetune", config, tokens.with(stages.Inputs{"base": {base}}))
	}
	lora, mine := tune(`{epochs: 1, peft: {r: 2}}`), tune(`{epochs: 1, peft: {r: 2}, variant: mine}`)
	for _, c := range []struct {
		adapter      *dataset.Dataset
		config, want string
	}{{lora, `{}`, "lora"}, {mine, `{}`, "mine"}, {mine, `{variant: yours}`, "yours"}} {
		for _, row := range predictions(t, tokens, base, c.adapter, c.config) {
			if row.Variant != c.want {
				t.Fatalf("%s: a prediction of the variant %s, want %s", c.config, row.Variant, c.want)
			}
		}
	}
	clinical := stagetest.Run(t, "train.pretrain", `{peft: {r: 2}}`, tokens.with(stages.Inputs{"base": {base}}))
	_, err := stagetest.Try(t, "train.predict", `{}`, tokens.with(stages.Inputs{"base": {base}, "adapter": {clinical}}))
	if exit.Of(err) == exit.OK {
		t.Error("an adapter without a variant was predicted with under no name")
	}
}
