package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/trainlog"
	"github.com/clinflow/clinflow/task"
)

// signals are how far each variant's drawn logits follow the labels.
var signals = map[string]float64{
	"head": 0.5, "lora": 1.3, "clinical_frozen": 0.7, "clinical_frozen_downstream": 1.1,
	"clinical_trainable": 1.4, "clinical_trainable_downstream": 1.6,
}

var classes = map[string]int{"zeal": 2, "pmv": 2, "mor": 2, "los": 4, "diag": 40, "proc": 25}

const documents = 240

// drawn are a task's predictions of a variant; the labels are the same for all.
func drawn(of, variant string, signal float64) []task.Prediction {
	truth, noise := rand.New(rand.NewPCG(uint64(len(of)), uint64(of[0]))), rand.New(rand.NewPCG(uint64(len(variant)), uint64(of[0])))
	rows := make([]task.Prediction, documents)
	for i := range rows {
		row := task.Prediction{ExampleID: fmt.Sprint(i), SubjectID: int64(i), Task: of, Variant: variant, Split: "test"}
		k := classes[of]
		row.Label = int32(min(truth.ExpFloat64(), 1) * float64(k-1))
		for class := range k {
			logit := noise.NormFloat64()
			has := row.Label == int32(class)
			if k > 4 {
				if has = truth.Float64() < 1/float64(class+2); has {
					row.Labels = append(row.Labels, int32(class))
				}
			}
			if has {
				logit += signal
			}
			row.Logits = append(row.Logits, float32(logit))
		}
		if k > 4 {
			row.Label = 0
		}
		rows[i] = row
	}
	return rows
}

// table3 are the metrics of five tasks by six variants, a baseline and the known best.
func table3(t testing.TB) *dataset.Dataset {
	t.Helper()
	in := stages.Inputs{}
	for _, name := range paperTasks {
		for _, variant := range paperVariants {
			in["predictions"] = append(in["predictions"], evaltest.Predictions(t, 1, drawn(name, variant, signals[variant])))
		}
		in["baseline"] = append(in["baseline"], evaltest.Predictions(t, 1, drawn(name, "bag_of_words", 0.9)))
		in["known_best"] = append(in["known_best"], evaltest.Predictions(t, 1, drawn(name, "best", 2.4)))
	}
	return stagetest.Run(t, "eval.auroc", "{recipe: paper}", in)
}

// artifact writes a dataset of files.
func artifact(t testing.TB, folder, kind string, files map[string]string, m dataset.Manifest, counts map[string]int64) *dataset.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), folder)
	w, err := dataset.NewWriter(t.Context(), uri, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := w.WriteFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	w.SetSeed("train", 1234)
	w.SetKernel("go")
	for name, n := range counts {
		w.Count(name, n)
	}
	for name, value := range m.Attributes {
		if err := w.SetAttribute(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	d, err := dataset.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// adapter writes an artifact with a training log, whose manifest tells no task.
func adapter(t testing.TB, folder, log string) *dataset.Dataset {
	t.Helper()
	return trained(t, folder, "", "", log)
}

// trained writes an adapter of a task and a variant, where they are given.
func trained(t testing.TB, folder, name, variant, log string) *dataset.Dataset {
	t.Helper()
	counts := map[string]int64{"train_examples": 1234567, "quarantined": 3}
	if name != "" {
		maps.Copy(counts, joinedCountsOf(name))
	}
	return artifact(t, folder, stages.KindAdapter, map[string]string{trainlog.Name: log}, dataset.Manifest{Stage: "train.finetune", StageVersion: 2, Config: settings(variant), Attributes: attributesOf(t, name, variant)}, counts)
}

// settings are those of a training, of which one differs between variants.
func settings(variant string) json.RawMessage {
	return json.RawMessage(`{"peft":{"type":"lora","target_modules":["q_proj","v_proj"]},"learning_rate":` + strconv.Itoa(len(variant)) + `,"base":null}`)
}

// attributesOf are those of a task and a variant, none of no task.
func attributesOf(t testing.TB, name, variant string) map[string]json.RawMessage {
	t.Helper()
	attributes := map[string]json.RawMessage{}
	for attribute, value := range map[string]any{task.Attribute: evaltest.TaskOf(name, classes[name]), task.VariantAttribute: variant} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			attributes[attribute] = text
		}
	}
	return attributes
}

// pretrained is an adapter with perplexities.
func pretrained(t testing.TB, perplexities string) *dataset.Dataset {
	t.Helper()
	return artifact(t, "clinical-0123456789abcdef", stages.KindAdapter, map[string]string{trainlog.Name: log(), eval.MetricsName: perplexities}, dataset.Manifest{Stage: "train.pretrain", StageVersion: 2}, nil)
}

// log is a plausible training log of a language model.
func log() string {
	var b strings.Builder
	for step := 10; step <= 200; step += 10 {
		split := "train"
		if step%50 == 0 {
			split = "val"
		}
		fmt.Fprintf(&b, "{\"step\":%d,\"epoch\":1,\"split\":%q,\"loss\":%g,\"lr\":0.001,\"tokens\":1}\n", step, split, 0.4+math.Exp(-float64(step)/60))
	}
	return b.String()
}

// taskLog is a plausible training log of a task.
func taskLog(epochs int, signal float64) string {
	var b strings.Builder
	for epoch := 1; epoch <= epochs; epoch++ {
		risen := 1 - math.Exp(-float64(epoch)*signal/2)
		fmt.Fprintf(&b, "{\"step\":%d,\"epoch\":%d,\"split\":\"train\",\"loss\":%g}\n", 20*epoch-5, epoch, 0.7-0.3*risen*signal)
		fmt.Fprintf(&b, "{\"step\":%d,\"epoch\":%d,\"split\":\"val\",\"loss\":%g,\"auroc\":%g}\n", 20*epoch, epoch, 0.7-0.2*risen*signal, 0.5+0.2*risen*signal)
	}
	return b.String()
}

// table3Logs are the logs of such a run.
func table3Logs(t testing.TB) []*dataset.Dataset {
	t.Helper()
	logs := []*dataset.Dataset{adapter(t, "base", log()), pretrained(t, `{"val_perplexity":{"before":18.42,"after":14.9}}`)}
	for k, name := range paperTasks {
		for i, variant := range paperVariants {
			logs = append(logs, trained(t, "tune_"+name+strconv.Itoa(i)+"-0123456789abcdef", name, variant, taskLog(4+(k+i)%5, signals[variant])))
		}
	}
	return logs
}
