package train

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/adapter"
)

// kindsDir holds what transformers and PEFT compute (oracle/folder_kinds.py).
const kindsDir = "model/testdata/kinds/"

// A head reads the last token that is not padding, also where padding is EOS.
func TestPredictionsReadTheTokenThatTransformersReads(t *testing.T) {
	for _, kind := range []string{"pad_is_eos", "pad_is_none", "pad_is_another"} {
		t.Run(kind, func(t *testing.T) {
			data, err := os.ReadFile(kindsDir + kind + "/expected.json")
			must(t, err)
			var golden struct {
				Texts  [][]int32
				Logits [][][]float64
			}
			must(t, json.Unmarshal(data, &golden))
			var want []float64
			for _, rows := range golden.Logits {
				want = append(want, rows[0]...)
			}
			checkPredictions(t, kindsDir+kind+"/model", kindsDir+kind+"/adapter", golden.Texts, want)
		})
	}
}

// Training reads the same token: what stands after it changes nothing.
func TestTrainingReadsTheTokenThatTransformersReads(t *testing.T) {
	const base = kindsDir + "pad_is_eos/model"
	ended := [][]int32{{1, 5, 9, 3, 2}, {1, 14, 7, 8, 8, 2, 2}, {1, 4, 2, 11}, {2, 2}, {1, 10, 13}}
	plain := [][]int32{{1, 5, 9, 3}, {1, 14, 7, 8, 8}, {1, 4, 2, 11}, {2}, {1, 10, 13}}
	for _, peftType := range []string{"lora", "none"} {
		trained := func(texts [][]int32) []byte {
			d := stagetest.Run(t, "train.finetune", `{base: `+base+`, epochs: 3, batch_size: 2, learning_rate: 0.1, peft: {type: `+peftType+`, r: 2}}`,
				documents(t, texts, 2).with(nil))
			path, err := d.LocalPath(t.Context(), adapter.WeightsName)
			must(t, err)
			data, err := os.ReadFile(path)
			must(t, err)
			return data
		}
		if !bytes.Equal(trained(ended), trained(plain)) {
			t.Errorf("%s: the tokens after the one that is read change the training", peftType)
		}
	}
}

func TestDocumentsThatAreTooLongForTheModel(t *testing.T) {
	long := documents(t, [][]int32{make([]int32, 33)}, 1).with(nil)
	for _, stage := range []string{"train.finetune", "train.pretrain"} {
		_, err := stagetest.Try(t, stage, `{base: `+kindsDir+`pad_is_eos/model, peft: {r: 2}, epochs: 1}`, long)
		if exit.Of(err) != exit.Usage || err == nil {
			t.Errorf("%s: %v", stage, err)
		}
	}
}
