package cards_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/cards"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// canary is in what must not leave an adapter's folder.
const canary = "zqcanary"

// mortality is a task whose labels' names are odd in Markdown.
var mortality = task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"sur|vived", "died"}, Recipe: "clinical", Split: "hash, seed 1", Release: "mimiciv 3.1, notes 2.2"}

// adapterOf is an adapter as train.finetune leaves one.
func adapterOf(t testing.TB, of task.Task, variant string) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "adapter"), stages.KindAdapter, 0)
	for _, name := range []string{"adapter_config.json", "adapter_model.safetensors", "base_model.sha256", "clinical/adapter_config.json", "clinical/adapter_model.safetensors"} {
		err = cmpOr(err, w.WriteFile(name, []byte(name)))
	}
	for _, name := range []string{"train_log.jsonl", "train_patients.bin", "clinical/train_patients.bin", "something_new.json"} {
		err = cmpOr(err, w.WriteFile(name, []byte(canary)))
	}
	err = cmpOr(err, w.SetAttribute(task.Attribute, of))
	err = cmpOr(err, w.SetAttribute(task.VariantAttribute, variant))
	w.Count("unknown_training_patients", 1)
	config := []byte(`{"base": "/secure/` + canary + `", "peft": {"type": "lora", "r": 8}, "learning_rate": 0.001, "epochs": 3}`)
	err = cmpOr(err, w.Commit(t.Context(), dataset.Manifest{Stage: "train.finetune", Config: config}, nil))
	d, failed := dataset.Open(t.Context(), w.URI())
	if err = cmpOr(err, failed); err != nil {
		t.Fatal(err)
	}
	return d
}

func cmpOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// measured are inputs of both cards: 400 women and men, of whom an eighth died, and 3 of
// whom no sex is known; and 200 of val.
func measured(t testing.TB) stages.Inputs {
	t.Helper()
	var predictions, baseline []task.Prediction
	var patients []mimic.Patient
	var admissions []mimic.Admission
	var splits []task.Split
	var texts []task.Text
	var labels []task.Label
	for i := int64(1); i <= 403; i++ {
		row := task.Prediction{ExampleID: fmt.Sprint(i), SubjectID: i, Task: "mor", Variant: "lora", Split: "test", Label: int32(i % 8 / 7), Logits: []float32{0, float32(i * 37 % 101)}}
		predictions = append(predictions, row)
		row.Logits = []float32{0, float32(i % 13)}
		baseline = append(baseline, row)
		sex := []string{"F", "M"}[i%2]
		if i > 400 {
			sex = ""
		}
		patients = append(patients, mimic.Patient{SubjectID: i, Gender: sex, AnchorAge: 50, AnchorYear: 2150})
		admissions = append(admissions, mimic.Admission{SubjectID: i, HadmID: i})
		splits = append(splits, task.Split{SubjectID: i, Split: split.Names[i%3]})
		texts = append(texts, task.Text{TextID: fmt.Sprint(i), SubjectID: i, HadmID: i, Text: canary})
		labels = append(labels, task.Label{SubjectID: i, HadmID: i, Label: int32(i % 8 / 7)})
	}
	for i := int64(1001); i <= 1200; i++ {
		predictions = append(predictions, task.Prediction{ExampleID: fmt.Sprint(i), SubjectID: i, Task: "mor", Variant: "lora", Split: "val", Label: int32(i % 8 / 7), Logits: []float32{0, float32(i * 37 % 101)}})
	}
	in := stages.Inputs{
		"patients": {stagetest.Dataset(t, mimic.KindPatients, 2, map[string]any{mimic.AttributeRelease: mimic.Release{Database: mimic.MIMICIV, Version: "3.1", Notes: "2.2"}},
			stagetest.TableOf(mimic.TablePatients, patients, func(r mimic.Patient) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableAdmissions, admissions, func(r mimic.Admission) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableICUStays, []mimic.ICUStay{{SubjectID: 1, HadmID: 1}}, func(r mimic.ICUStay) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableNotes, nil, func(r mimic.Note) int64 { return r.SubjectID }))},
		"split": {stagetest.Dataset(t, task.KindSplits, 2, map[string]any{split.Attribute: split.Rule{Name: "hash", Seed: 1}},
			stagetest.TableOf(task.TableSplits, splits, func(r task.Split) int64 { return r.SubjectID }))},
		"texts": {stagetest.Dataset(t, task.KindTexts, 2, nil, stagetest.TableOf(task.TableTexts, texts, func(r task.Text) int64 { return r.SubjectID }))},
		"labels": {stagetest.Dataset(t, task.KindLabels, 2, map[string]any{task.Attribute: mortality},
			stagetest.TableOf(task.TableLabels, labels, func(r task.Label) int64 { return r.SubjectID }))},
		"predictions": {evaltest.PredictionsOf(t, 2, mortality, predictions)},
		"baseline":    {evaltest.PredictionsOf(t, 2, mortality, baseline)},
	}
	run := func(stage string, ports ...string) []*dataset.Dataset {
		of := stages.Inputs{}
		for _, port := range ports {
			of[port] = in[port]
		}
		return []*dataset.Dataset{stagetest.Run(t, stage, "{}", of)}
	}
	return stages.Inputs{
		"adapter": {adapterOf(t, mortality, "lora")}, "metrics": run("eval.auroc", "predictions", "baseline"),
		"subgroups": run("eval.subgroups", "predictions", "patients", "split"), "cards": run("label.card", "texts", "labels", "split"), "data": {in["patients"][0], in["labels"][0]},
	}
}

// only are some of the inputs.
func only(in stages.Inputs, ports ...string) stages.Inputs {
	of := stages.Inputs{}
	for _, port := range ports {
		of[port] = in[port]
	}
	return of
}

// head is the YAML that a card begins with.
func head(t testing.TB, text string) (of map[string]any) {
	t.Helper()
	parts := strings.SplitN(text, "---\n", 3)
	if len(parts) != 3 || parts[0] != "" {
		t.Fatalf("the card has no head: %.100s", text)
	}
	if err := yaml.Unmarshal([]byte(parts[1]), &of); err != nil {
		t.Fatal(err)
	}
	return of
}

// TestModelCard: the folder has the model and its card, and nothing of whom it was trained
// on.
func TestModelCard(t *testing.T) {
	in := only(measured(t), "adapter", "metrics", "subgroups", "cards")
	d := stagetest.Run(t, "eval.model_card", "{base_model: huggyllama/llama-7b}", in)
	var files []string
	for _, f := range d.Manifest.Files {
		files = append(files, f.Name)
		if text := evaltest.File(t, d, f.Name); strings.Contains(text, canary) || f.Name != cards.ModelName && text != f.Name {
			t.Errorf("%s is not the adapter's, or has what must not leave it", f.Name)
		}
	}
	if diff := cmp.Diff([]string{"README.md", "adapter_config.json", "adapter_model.safetensors", "base_model.sha256", "clinical/adapter_config.json", "clinical/adapter_model.safetensors"}, files); diff != "" {
		t.Error(diff)
	}
	text := evaltest.File(t, d, cards.ModelName)
	want := map[string]any{
		"license": "other", "license_name": "physionet-credentialed-health-data-license-1.5.0", "license_link": "https://physionet.org/about/licenses/physionet-credentialed-health-data-license-150/",
		"language": "en", "library_name": "peft", "pipeline_tag": "text-classification", "base_model": "huggyllama/llama-7b", "metrics": []any{"roc_auc"}, "tags": []any{"clinflow", "clinical", "lora", "mimic"},
	}
	if diff := cmp.Diff(want, head(t, text)); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{
		"**No, not publicly.**", "no legal advice", "mimiciv 3.1, notes 2.2", "https://physionet.org/content/mimic-iv-note/", "| recipe of texts and labels | clinical |", "hash, seed 1",
		"| sur\\|vived | 1", "403 examples of 403 patients, 50 positive", "| lora | 0.", " to 0.", "| bag of words, logistic regression | 0.", "1000 bootstrap replicates", "fitted on 200 examples of val",
		"| male | 2", "Sex, not told: female, unknown.", "| `learning_rate` | `0.001` |", "Whom its base was trained on is not known", "Boston",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the card does not tell %q:\n%s", part, text)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "|") && strings.Contains(line, "| unknown |") {
			t.Errorf("the group of three is told: %s", line)
		}
	}
}

// TestModelCardOfSyntheticData: nobody's data may be published, and say nothing.
func TestModelCardOfSyntheticData(t *testing.T) {
	in := only(measured(t), "adapter", "metrics")
	text := evaltest.File(t, stagetest.Run(t, "eval.model_card", "{data: synthetic}", in), cards.ModelName)
	if of := head(t, text); of["license"] != "unknown" || of["license_link"] != nil || of["base_model"] != nil || !slices.Contains(of["tags"].([]any), any("synthetic")) {
		t.Errorf("the head is %v", of)
	}
	if !strings.Contains(text, "no patient is in it") || strings.Contains(text, "**No, not publicly.**") || strings.Contains(text, "physionet.org") {
		t.Error("the card says otherwise of synthetic data")
	}
}

func TestModelCardOfOther(t *testing.T) {
	in := only(measured(t), "metrics")
	for name, of := range map[string]struct {
		adapter *dataset.Dataset
		config  string
	}{
		"a variant that was not measured": {adapterOf(t, mortality, "head"), "{}"},
		"a language model":                {adapterOf(t, task.Task{Name: "language_modeling", Kind: task.LanguageModeling}, ""), "{}"},
		"a path of a base":                {adapterOf(t, mortality, "lora"), "{base_model: /models/llama}"},
	} {
		in["adapter"] = []*dataset.Dataset{of.adapter}
		_, err := stagetest.Try(t, "eval.model_card", of.config, in)
		if exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDataCard: counts alone, and none of a few.
func TestDataCard(t *testing.T) {
	in := only(measured(t), "data", "cards", "subgroups")
	text := evaltest.File(t, stagetest.Run(t, "eval.data_card", "{}", in), cards.DataName)
	if of := head(t, text); of["license"] != "other" {
		t.Errorf("the head is %v", of)
	}
	for _, part := range []string{
		"**No, not publicly.**", "mimiciv 3.1, notes 2.2", "https://physionet.org/content/mimiciv/", "| patients | 134 | 135 | 134 |", "| Sex: unknown | hidden | hidden | hidden |",
		"## Task mor", `| sur\|vived | `, "| characters a text, median | 8 | 8 | 8 |", "| patients | patients |", "rows of patients | 403 |", "rows of icustays | < 10 |",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the card does not tell %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, canary) {
		t.Error("the card has a text")
	}
	delete(in, "subgroups")
	in["data"] = in["data"][1:]
	_, err := stagetest.Try(t, "eval.data_card", "{}", in)
	stagetest.WantCode(t, err, exit.Usage)
}

// TestNamesAreNoMarks: what a user calls a thing is neither link nor image in a card, nor a
// value of another type in its head.
func TestNamesAreNoMarks(t *testing.T) {
	of := mortality
	of.Labels = []string{"![x](http://example.org/p.png)", `a\[b](http://example.org/) | c *d* ` + "`e`"}
	in := only(measured(t), "adapter", "metrics")
	in["adapter"] = []*dataset.Dataset{adapterOf(t, of, "lora")}
	text := evaltest.File(t, stagetest.Run(t, "eval.model_card", "{base_model: null_1}", in), cards.ModelName)
	if got := head(t, text)["base_model"]; got != "null_1" {
		t.Errorf("the base model is %v", got)
	}
	_, html, err := cards.HTML([]byte(text))
	if err != nil || strings.Contains(string(html), "example.org\"") || strings.Contains(string(html), "<img") || !strings.Contains(string(html), "![x](http://example.org/p.png)") || !strings.Contains(string(html), `a\[b](http://example.org/) | c *d* `+"`e`") {
		t.Errorf("%s, %v", html, err)
	}
}

// TestHTMLOfAnyCard: a stage of one's own may leave any Markdown.
func TestHTMLOfAnyCard(t *testing.T) {
	for markdown, want := range map[string]string{
		"# a\n\n###### b\n":                           "<h6>b</h6>\n",
		"# a\n\n![x *y*](//host/p.png) and ![z](q) c": "<p>x y and z c</p>\n",
		"# a\n\n> ## b\n":                             "<blockquote>\n<h3>b</h3>\n</blockquote>\n",
		"":                                            "",
	} {
		title, html, err := cards.HTML([]byte(markdown))
		if err != nil || string(html) != want || markdown != "" && title != "a" {
			t.Errorf("%q: %q, %q, %v", markdown, title, html, err)
		}
	}
}
