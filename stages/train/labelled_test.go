package train

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// The labels' manifest says how many outputs a head has and what it is trained for;
// adapter and predictions say it on.
func TestTheTaskIsThatOfTheLabels(t *testing.T) {
	tokens := corpus(t, 60, 1) // labels 0 and 1
	base := baseModel(t, tokens, `epochs: 1`)
	for _, c := range []struct {
		name   string
		kind   task.Kind
		labels int
		code   exit.Code // OK: trained
		want   string
	}{
		{"binary", task.Binary, 2, exit.OK, ""},
		{"multiclass", task.Multiclass, 4, exit.OK, ""},
		{"multilabel", task.Multilabel, 5, exit.OK, ""},
		{"binary of one", task.Binary, 1, exit.BadData, "is binary and has 1 labels"},
		{"multiclass of one", task.Multiclass, 1, exit.BadData, "is multiclass and has 1 labels"},
		{"multilabel of none", task.Multilabel, 0, exit.BadData, "is multilabel and has 0 labels"},
		{"of no kind", "regression", 1, exit.BadData, "unknown kind"},
		{"without labels", task.LanguageModeling, 0, exit.BadData, "tells no task with labels"},
		{"labels outside", task.Multilabel, 1, exit.BadData, "outside 0…0"},
	} {
		of := tokens.as(t, "some", c.kind, c.labels)
		in := of.with(stages.Inputs{"base": {base}})
		d, err := stagetest.Try(t, "train.finetune", `{epochs: 1, peft: {type: none}}`, in)
		if c.code != exit.OK {
			if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: exit %d, %v; want %d and %q", c.name, exit.Of(err), err, c.code, c.want)
			}
			continue
		}
		must(t, err)
		predicted := stagetest.Run(t, "train.predict", `{variant: v, splits: [test]}`, of.with(stages.Inputs{"base": {base}, "adapter": {d}}))
		for _, row := range stagetest.Rows[task.Prediction](t, predicted, task.TablePredictions) {
			if len(row.Logits) != c.labels || row.Task != "some" {
				t.Fatalf("%s: %d logits of %s, want %d", c.name, len(row.Logits), row.Task, c.labels)
			}
		}
		want, _, err := task.Of(of.labels)
		must(t, err)
		want.Split = "test" // the rule of the splits
		for _, made := range []*dataset.Dataset{d, predicted} {
			got, told, err := task.Of(made)
			must(t, err)
			if diff := cmp.Diff(want, got); diff != "" || !told {
				t.Errorf("%s: %s says it is of %v:\n%s", c.name, made.Manifest.Kind, got, diff)
			}
		}
	}
}

func TestLabelsWithoutATaskAreRefused(t *testing.T) {
	tokens := corpus(t, 60, 1)
	tokens.labels = stagetest.Dataset(t, task.KindLabels, 1, nil, stagetest.TableOf(task.TableLabels, nil, func(r task.Label) int64 { return r.SubjectID }))
	for _, stage := range []string{"train.finetune", "train.baseline"} {
		_, err := stagetest.Try(t, stage, `{}`, tokens.with(nil))
		stagetest.WantCode(t, err, exit.BadData)
	}
}

// An adapter predicts the task that it was trained for, whose labels are numbered alike.
func TestPredictingAnotherTaskIsRefused(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := baseModel(t, tokens, `epochs: 1`)
	adapter := stagetest.Run(t, "train.finetune", `{epochs: 1, peft: {type: none}}`, tokens.with(stages.Inputs{"base": {base}}))
	for _, other := range []labelled{tokens.as(t, "pmv", task.Binary, 2), tokens.as(t, "mor", task.Multilabel, 2), tokens.as(t, "mor", task.Multiclass, 3)} {
		_, err := stagetest.Try(t, "train.predict", `{variant: v}`, other.with(stages.Inputs{"base": {base}, "adapter": {adapter}}))
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "was trained for mor (binary)") {
			t.Errorf("%v", err)
		}
	}
}

// A head that is not of this program is compared with the labels by its size.
func TestAHeadOfAnotherSizeIsRefused(t *testing.T) {
	const kind = kindsDir + "pad_is_another/"
	tokens := documents(t, [][]int32{{1, 5, 9}}, 1).as(t, "t", task.Multiclass, 7)
	_, err := stagetest.Try(t, "train.predict", `{base: `+kind+`model, variant: v, splits: [train]}`, tokens.with(stages.Inputs{"adapter": {adapterOf(t, kind+"adapter")}}))
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "with 7") {
		t.Errorf("%v", err)
	}
}

// A split without examples has no predictions, and that is no fault.
func TestPredictingNothing(t *testing.T) {
	tokens := corpus(t, 60, 2)
	base := baseModel(t, tokens, `epochs: 1`)
	adapter := stagetest.Run(t, "train.finetune", `{epochs: 1, peft: {type: none}}`, tokens.with(stages.Inputs{"base": {base}}))
	var train []examples.Example
	for _, row := range tokens.rows {
		if row.Split == "train" {
			train = append(train, row)
		}
	}
	d := stagetest.Run(t, "train.predict", `{variant: v, splits: [test]}`, write(t, train, 2).with(stages.Inputs{"base": {base}, "adapter": {adapter}}))
	if rows := stagetest.Rows[task.Prediction](t, d, task.TablePredictions); len(rows) > 0 {
		t.Errorf("%d predictions", len(rows))
	}
}
