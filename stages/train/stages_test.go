package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/task"
)

const (
	quickBase = `epochs: 2, learning_rate: 0.01`
	quickHead = `{peft: {type: none}, learning_rate: 0.05, epochs: 10, batch_size: 16}`
	quickLoRA = `{peft: {r: 4, alpha: 16, target_modules: [q_proj, k_proj, v_proj, o_proj, up_proj, down_proj]}, learning_rate: 0.01, epochs: 6, batch_size: 16}`
)

// testAUROC fine-tunes on tokens and returns the AUROC on the test split.
func testAUROC(t *testing.T, tokens labelled, base *dataset.Dataset, config string) float64 {
	t.Helper()
	adapter := stagetest.Run(t, "train.finetune", config, tokens.with(stages.Inputs{"base": {base}}))
	rows := predictions(t, tokens, base, adapter, `{variant: x, splits: [test]}`)
	return aurocOf(t, trainer.Classifier{NumLabels: 2}, rows)
}

// aurocOf is the AUROC of predictions.
func aurocOf(t *testing.T, o trainer.Classifier, predicted []task.Prediction) float64 {
	t.Helper()
	logits, rows := make([][]float32, len(predicted)), make(examples.Rows, len(predicted))
	for i, p := range predicted {
		logits[i], rows[i] = p.Logits, examples.Example{Label: p.Label, Labels: p.Labels}
	}
	mean, err := o.AUROC(rows, logits)
	must(t, err)
	if mean == nil {
		t.Fatal("no label tells the rows apart")
	}
	return *mean
}

func predictions(t *testing.T, tokens labelled, base, adapter *dataset.Dataset, config string) []task.Prediction {
	t.Helper()
	return predictionsIn(t, stages.Default, tokens, base, adapter, config)
}

func predictionsIn(t *testing.T, env *stages.Environment, tokens labelled, base, adapter *dataset.Dataset, config string) (rows []task.Prediction) {
	t.Helper()
	d := stagetest.RunIn(t, env, "train.predict", config, tokens.with(stages.Inputs{"base": {base}, "adapter": {adapter}}))
	for part := range d.Parts() {
		for row, err := range dataset.Read[task.Prediction](t.Context(), d, task.TablePredictions, part) {
			must(t, err)
			rows = append(rows, row)
		}
	}
	return rows
}

func TestLearnsThePlantedRule(t *testing.T) {
	tokens := corpus(t, 900, 2)
	base := baseModel(t, tokens, quickBase)
	if auroc := testAUROC(t, tokens, base, quickLoRA); auroc < 0.9 {
		t.Errorf("lora: AUROC %.3f on a rule that can be learned whole", auroc)
	}
	shuffled := strings.Replace(quickLoRA, "{", "{shuffle_labels: true, ", 1)
	if auroc := testAUROC(t, tokens, base, shuffled); math.Abs(auroc-0.5) > 0.15 {
		t.Errorf("shuffled labels: AUROC %.3f, want chance", auroc)
	}
}

func TestBaseModelLearnsTheLanguage(t *testing.T) {
	tokens := corpus(t, 400, 1)
	lines := readLog(t, baseModel(t, tokens, `epochs: 3, learning_rate: 0.01, log_every: 5`))
	first, last := lines[0], lines[len(lines)-1]
	// A model that knows nothing says each of the tokenizer's 261 pieces is as
	// likely; one that knows which words occur says it of 27.
	if math.Abs(first.Loss-math.Log(261)) > 0.5 || first.Split != "train" || first.Step != 1 {
		t.Errorf("first line %+v, want a loss near ln 261", first)
	}
	if last.Split != "val" || last.Loss > math.Log(27)+0.15 {
		t.Errorf("last line %+v, want a loss near ln 27 on val", last)
	}
}

func TestPretrainLowersPerplexity(t *testing.T) {
	tokens := corpus(t, 400, 1)
	base := baseModel(t, tokens, `epochs: 1, learning_rate: 0.003`)
	adapter := stagetest.Run(t, "train.pretrain", `{learning_rate: 0.02, epochs: 3, peft: {target_modules: [q_proj, v_proj, o_proj, down_proj]}}`, tokens.with(stages.Inputs{"base": {base}}))
	path, err := adapter.LocalPath(t.Context(), "metrics.json")
	must(t, err)
	text, err := os.ReadFile(path)
	must(t, err)
	var metrics struct {
		Perplexity struct{ Before, After float64 } `json:"val_perplexity"`
	}
	must(t, json.Unmarshal(text, &metrics))
	if p := metrics.Perplexity; !(p.After < 0.97*p.Before) {
		t.Errorf("val perplexity %+v, want it lower after", p)
	}
}

// A language model learns from packed documents and from windows of them, and names in
// train_patients.bin whose documents they hold.
func TestLearnsFromSequencesOfDocuments(t *testing.T) {
	tokens := corpus(t, 200, 1)
	whole := baseModel(t, tokens, `epochs: 1`)
	for _, config := range []string{`packing: pack, sequence_length: 24`, `packing: window, sequence_length: 8, stride: 2`} {
		d := baseModel(t, tokens, `epochs: 3, learning_rate: 0.01, `+config)
		lines := readLog(t, d)
		if first, last := lines[0], lines[len(lines)-1]; last.Loss > first.Loss-1 {
			t.Errorf("%s: loss %g at first and %g at last", config, first.Loss, last.Loss)
		}
		for _, file := range d.Manifest.Files {
			if file.Name == leakage.PatientsName && file.SHA256 != sumOf(t, whole, file.Name) {
				t.Errorf("%s: other patients than of whole documents", config)
			}
		}
		if d.Manifest.Counts["train_examples"] == whole.Manifest.Counts["train_examples"] {
			t.Errorf("%s: as many sequences as documents", config)
		}
	}
}

func sumOf(t *testing.T, d *dataset.Dataset, name string) string {
	t.Helper()
	for _, file := range d.Manifest.Files {
		if file.Name == name {
			return file.SHA256
		}
	}
	t.Fatal("no file ", name)
	return ""
}

func TestAStrideThatCannotBeIsRefused(t *testing.T) {
	for config, want := range map[string]string{
		`{packing: window, sequence_length: 8, stride: 8}`: "stride: is 8, must be below sequence_length 8",
		`{packing: pack, sequence_length: 8, stride: 2}`:   "stride: is for packing window",
		`{stride: 2}`: "leave it out with truncate",
	} {
		_, err := stagetest.Try(t, "train.pretrain", config, nil)
		if exit.Of(err) != exit.Usage || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", config, err)
		}
	}
}

func TestPackedDocumentsUnderVirtualTokensAreRefusedOnce(t *testing.T) {
	tokens := corpus(t, 40, 1)
	base := baseModel(t, tokens, `epochs: 1`)
	_, err := stagetest.Try(t, "train.pretrain", `{packing: pack, sequence_length: 12, peft: {type: prefix_tuning, num_virtual_tokens: 2}}`, tokens.with(stages.Inputs{"base": {base}}))
	if exit.Of(err) != exit.Usage || strings.Count(fmt.Sprint(err), "take truncate or window") != 1 {
		t.Errorf("got %v", err)
	}
}
