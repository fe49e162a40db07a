package llama

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// configFileOf writes a configuration into a folder of its own.
func configFileOf(t *testing.T, c Config) string {
	t.Helper()
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, []checkpoint.File{{Name: model.ConfigName, Write: c.Write}}); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, model.ConfigName)
}

// Each class' model of random weights is the same every time, and is what its Files say.
func TestModelsOfRandomWeights(t *testing.T) {
	for class := range classes {
		c := Config{
			Class: Class(class), HiddenSize: 8, IntermediateSize: 12, NumHiddenLayers: 1, NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 4,
			VocabSize: 16, MaxPositionEmbeddings: 32, RMSNormEps: 1e-6, RopeTheta: 500, InitializerRange: 0.3, BosTokenID: 1, PadTokenID: -1,
		}
		base := model.RandomPrefix + configFileOf(t, c)
		m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), base, graph.Frozen))(t)
		defer m.Close()
		if len(m.Params().Trainable()) > 0 {
			t.Error("a frozen model is trained")
		}
		saved := t.TempDir()
		if err := checkpoint.SaveDir(saved, m.Files()); err != nil {
			t.Fatal(err)
		}
		ids := []int32{1, 5, 9}
		got, want := must(inspect(t, base).Logits(ids))(t), must(inspect(t, saved).Logits(ids))(t)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(Class(class), diff)
		}
	}
}

func TestWhatNamesAModelOfRandomWeights(t *testing.T) {
	golden := filepath.Join(goldenDir, "hf")
	one, copied := model.RandomPrefix+filepath.Join(golden, model.ConfigName), filepath.Join(t.TempDir(), model.ConfigName)
	if err := os.WriteFile(copied, must(os.ReadFile(filepath.Join(golden, model.ConfigName)))(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for other, want := range map[string]bool{one: true, model.RandomPrefix + copied: true, golden: false, model.RandomPrefix + filepath.Join(oursDir, "base", model.ConfigName): false} {
		if same, err := model.Same(t.Context(), one, other); err != nil || same != want {
			t.Errorf("%s: %v, %v", other, same, err)
		}
	}
	if names := must(model.FileNames(one))(t); !slices.Equal(names, []string{model.ConfigName}) || model.Folder(one) != golden {
		t.Errorf("read from %s: %q", model.Folder(one), names)
	}
	if limits := must(model.Look(one))(t); limits.Vocabulary != 64 {
		t.Errorf("limits %+v", limits)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"model_type": "llama", "hidden_size": 0}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"nowhere/config.json": "the file is not there", golden: "not a regular file", broken: "hidden_size"} {
		_, err := model.Inspect(t.Context(), must(cpu.New(cpu.Options{}))(t), model.RandomPrefix+path, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
		if path == broken && exit.Of(err) != exit.BadData {
			t.Errorf("exits with %d", exit.Of(err))
		}
	}
}
