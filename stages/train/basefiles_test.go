package train

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/leakage"
)

// givenBase is a base as a stage gets it.
type givenBase struct {
	name string
	path string           // of the configuration
	step *dataset.Dataset // bound to the port
}

func (g givenBase) run(t *testing.T, stage, config string, ports stages.Inputs) (*dataset.Dataset, error) {
	t.Helper()
	in := stages.Inputs{}
	for port, d := range ports {
		in[port] = d
	}
	if g.step != nil {
		in["base"] = []*dataset.Dataset{g.step}
	} else {
		config = "base: " + g.path + ", " + config
	}
	return stagetest.Try(t, stage, "{"+config+"}", in)
}

// A base of the same shape and other weights is told by its content, whether it is a
// step or a path, and so is the same base under another name.
func TestTheBaseIsKnownByItsContent(t *testing.T) {
	tokens := corpus(t, 60, 1)
	bound := tokens.with(nil)
	with := func(port string, d *dataset.Dataset) stages.Inputs {
		return tokens.with(stages.Inputs{port: {d}})
	}
	a, b := baseModel(t, tokens, `epochs: 1, seed: 1`), baseModel(t, tokens, `epochs: 1, seed: 2`)
	files := []string{"config.json", "model.safetensors"}
	same := []givenBase{{"a as a step", "", a}, {"a by path", elsewhere(t, a, files...), nil}}
	others := []givenBase{{"b as a step", "", b}, {"b by path", elsewhere(t, b, files...), nil}}
	for _, trained := range same {
		clinical, err := trained.run(t, "train.pretrain", quickAdapter, bound)
		must(t, err)
		adapter, err := trained.run(t, "train.finetune", quickAdapter, with("clinical", clinical))
		must(t, err)
		for _, used := range same {
			_, err := used.run(t, "train.finetune", quickAdapter, with("clinical", clinical))
			must(t, err)
			d, err := used.run(t, "train.predict", `variant: x`, with("adapter", adapter))
			must(t, err)
			if n, counted := d.Manifest.Counts["unknown_base_model"]; counted {
				t.Errorf("%d adapters of an unknown base", n)
			}
		}
		for _, used := range others {
			_, err := used.run(t, "train.finetune", quickAdapter, with("clinical", clinical))
			checkAnotherBase(t, err, clinical, trained, used)
			_, err = used.run(t, "train.predict", `variant: x`, with("adapter", adapter))
			checkAnotherBase(t, err, adapter, trained, used)
		}
	}
}

// checkAnotherBase demands the adapter, both bases, and the file that differs.
func checkAnotherBase(t *testing.T, err error, adapter *dataset.Dataset, trained, used givenBase) {
	t.Helper()
	place := func(g givenBase) string {
		if g.step != nil {
			return g.step.URI()
		}
		return g.path
	}
	if exit.Of(err) != exit.Usage {
		t.Fatalf("trained on %s, used on %s: %v", trained.name, used.name, err)
	}
	for _, want := range []string{"another base model", adapter.URI(), filepath.Base(place(trained)), place(used), "model.safetensors is not the same"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("trained on %s, used on %s: %v does not say %q", trained.name, used.name, err, want)
		}
	}
}

func TestAnAdapterWithoutARecordOfItsBaseIsCounted(t *testing.T) {
	const kind = kindsDir + "pad_is_another/"
	tokens := documents(t, [][]int32{{1, 5, 9}}, 3)
	d := stagetest.Run(t, "train.predict", `{base: `+kind+`model, variant: v, splits: [train]}`, tokens.with(stages.Inputs{"adapter": {adapterOf(t, kind+"adapter")}}))
	if n := d.Manifest.Counts["unknown_base_model"]; n != 1 {
		t.Errorf("%d are counted", n)
	}
}

// A base whose weights are not finite is named as the cause, not the learning rate.
func TestABaseOfInfiniteWeightsIsNamed(t *testing.T) {
	tokens := corpus(t, 60, 1)
	dir := elsewhere(t, baseModel(t, tokens, `epochs: 1`), "config.json", "model.safetensors")
	path := filepath.Join(dir, "model.safetensors")
	data, err := os.ReadFile(path)
	must(t, err)
	copy(data[len(data)-4:], "\x00\x00\x80\x7f") // +infinity, the last number of the last tensor
	must(t, os.WriteFile(path, data, 0o600))
	for _, stage := range []string{"train.pretrain", "train.finetune"} {
		_, err := stagetest.Try(t, stage, `{base: `+dir+`, `+quickAdapter+`}`, tokens.with(nil))
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `tensor "model.norm.weight"`) {
			t.Errorf("%s: %v", stage, err)
		}
	}
}

// Whoever looks into a model with an adapter of another base is told so too.
func TestInspectingOnAnotherBaseIsRefused(t *testing.T) {
	const trained, other = "model/testdata/ours/base", kindsDir + "pad_is_none/model"
	for _, adapter := range []string{twoDir, filepath.Join(twoDir, "clinical")} {
		var out strings.Builder
		if err := LogitsLines(t.Context(), stages.Default, trained, []string{adapter}, strings.NewReader("[1,5]\n"), &out); err != nil {
			t.Error(err)
		}
		err := LogitsLines(t.Context(), stages.Default, other, []string{adapter}, strings.NewReader("[1,5]\n"), &out)
		for _, want := range []string{adapter, "another base model, base,", other, "config.json"} {
			if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
		}
	}
}

// A record that cannot be read is not taken for none.
func TestARecordOfTheBaseThatIsAPipeIsRefused(t *testing.T) {
	adapter := t.TempDir()
	must(t, os.CopyFS(adapter, os.DirFS(filepath.Join(twoDir, "clinical"))))
	record := filepath.Join(adapter, leakage.BaseName)
	must(t, os.Remove(record))
	must(t, syscall.Mkfifo(record, 0o600))
	err := LogitsLines(t.Context(), stages.Default, "model/testdata/ours/base", []string{adapter}, strings.NewReader("[1,5]\n"), io.Discard)
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), record) {
		t.Errorf("%v", err)
	}
}
