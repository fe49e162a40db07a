package train

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/leakage"
)

// splitBy are documents of patients 0…59 under a split of that seed.
func splitBy(t *testing.T, seed int64) labelled {
	t.Helper()
	rows := make([]examples.Example, 60)
	for i := range rows {
		rows[i] = examples.Example{
			ExampleID: fmt.Sprint("e", i), SubjectID: int64(i), Split: split.Of(int64(i), seed),
			InputIDs: []int32{1, 7, wordNo + int32(i%2), 8}, NTokens: 4, Label: int32(i % 2),
		}
	}
	return write(t, rows, 2)
}

// leaked counts the patients whom one seed trains on and another holds out.
func leaked(trained, task int64) (n int) {
	for i := range int64(60) {
		if split.Of(i, trained) == "train" && split.Of(i, task) != "train" {
			n++
		}
	}
	return n
}

// elsewhere copies the base model without its record, as a folder to be given by
// path.
func elsewhere(t *testing.T, base *dataset.Dataset, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path, err := base.LocalPath(t.Context(), name)
		must(t, err)
		data, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

const quickAdapter = `epochs: 1, peft: {r: 2}`

func TestHeldOutPatientsWereNotTrainedOn(t *testing.T) {
	own, other := splitBy(t, 1), splitBy(t, 2)
	base, otherBase := baseModel(t, own, `epochs: 1`), baseModel(t, other, `epochs: 1`)
	foreign := elsewhere(t, base, "config.json", "model.safetensors") // the same base without its record
	known := elsewhere(t, otherBase, "config.json", "model.safetensors", leakage.PatientsName)
	bound := func(base *dataset.Dataset, ports stages.Inputs) stages.Inputs {
		all := own.with(stages.Inputs{"base": {base}})
		for port, d := range ports {
			all[port] = d
		}
		return all
	}
	clinical := stagetest.Run(t, "train.pretrain", `{`+quickAdapter+`}`, bound(base, nil))
	otherClinical := stagetest.Run(t, "train.pretrain", `{base: `+foreign+`, `+quickAdapter+`}`, other.with(nil))
	mixed := stagetest.Run(t, "train.finetune", `{base: `+foreign+`, `+quickAdapter+`}`, other.with(stages.Inputs{"clinical": {otherClinical}}))
	over := stagetest.Run(t, "train.finetune", `{`+quickAdapter+`}`, write(t, strangers(), 2).with(stages.Inputs{"base": {base}, "clinical": {otherClinical}}))
	good := stagetest.Run(t, "train.finetune", `{`+quickAdapter+`}`, bound(base, stages.Inputs{"clinical": {clinical}}))
	const predict = `variant: x`
	for _, c := range []struct {
		name, stage, config string
		in                  stages.Inputs
		refused             bool
		unknown             int64
	}{
		{"own splits", "train.finetune", quickAdapter, bound(base, stages.Inputs{"clinical": {clinical}}), false, 0},
		{"own splits, predicted", "train.predict", predict, bound(base, stages.Inputs{"adapter": {good}}), false, 0},
		{"base of another seed under a language model", "train.pretrain", quickAdapter, bound(otherBase, nil), true, 0},
		{"base of another seed", "train.finetune", quickAdapter, bound(otherBase, nil), true, 0},
		{"base of another seed by path", "train.finetune", quickAdapter + `, base: ` + known, own.with(nil), true, 0},
		{"clinical corpus of another seed", "train.finetune", quickAdapter, bound(base, stages.Inputs{"clinical": {otherClinical}}), true, 0},
		{"base by path without a record", "train.finetune", quickAdapter + `, base: ` + foreign, own.with(nil), false, 1},
		{"predicted on another base", "train.predict", predict, bound(otherBase, stages.Inputs{"adapter": {good}}), true, 0},
		{"predicted by an adapter of another seed", "train.predict", predict + `, base: ` + foreign, own.with(stages.Inputs{"adapter": {mixed}}), true, 0},
		{"predicted over a clinical adapter of another seed", "train.predict", predict, bound(base, stages.Inputs{"adapter": {over}}), true, 0},
		{"train patients predicted, though test patients leak", "train.predict", predict + `, splits: [train]`, bound(base, stages.Inputs{"adapter": {over}}), true, 0},
	} {
		d, err := stagetest.Try(t, c.stage, "{"+c.config+"}", c.in)
		if !c.refused {
			must(t, err)
			if n := d.Manifest.Counts["unknown_training_patients"]; n != c.unknown {
				t.Errorf("%s: %d of unknown training, want %d", c.name, n, c.unknown)
			}
			continue
		}
		want := fmt.Sprintf("%s: %d patients of its val and test splits", own.tokens.URI(), leaked(2, 1))
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want exit %d and %q", c.name, err, exit.BadData, want)
		}
	}
}

// strangers are documents of patients that no other dataset of the test has.
func strangers() []examples.Example {
	rows := make([]examples.Example, 20)
	for i := range rows {
		rows[i] = examples.Example{ExampleID: fmt.Sprint("s", i), SubjectID: int64(1000 + i), Split: "train", InputIDs: []int32{1, 7}, NTokens: 2, Label: int32(i % 2)}
	}
	return rows
}

func TestRecordHoldsTrainPatientsOnly(t *testing.T) {
	tokens := splitBy(t, 1)
	base := baseModel(t, tokens, `epochs: 1`)
	under, err := ancestryOf(t.Context(), stages.Inputs{"base": {base}}, "")
	must(t, err)
	guard, want := leakage.Guard{Under: under}, 0
	for i := range int64(60) {
		guard.See(i, "test") // whoever is in the record counts
		if split.Of(i, 1) == "train" {
			want++
		}
	}
	path, err := base.LocalPath(t.Context(), leakage.PatientsName)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	told := guard.Verdict("all")
	if info.Size() != int64(8*want) || told == nil || !strings.Contains(told.Error(), fmt.Sprintf("all: %d patients", want)) {
		t.Errorf("a record of %d bytes says: %v; %d were trained on", info.Size(), told, want)
	}
}

func TestDamagedRecordIsRefused(t *testing.T) {
	tokens := splitBy(t, 1)
	base := baseModel(t, tokens, `epochs: 1`)
	for name, data := range map[string]string{"cut short": "seven", "out of order": "bbbbbbbbaaaaaaaa"} {
		dir := elsewhere(t, base, "config.json", "model.safetensors")
		must(t, os.WriteFile(filepath.Join(dir, leakage.PatientsName), []byte(data), 0o600))
		_, err := stagetest.Try(t, "train.finetune", `{base: `+dir+`, `+quickAdapter+`}`, tokens.with(nil))
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
