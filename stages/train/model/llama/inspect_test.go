package llama

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// storiesDir is karpathy's stories260K; greedy200.txt is what llama2.c prints.
const storiesDir = "../testdata/stories260K"

func inspect(t *testing.T, dir string, adapters ...string) *model.Inspector {
	t.Helper()
	in := must(model.Inspect(t.Context(), must(cpu.New(cpu.Options{}))(t), dir, adapters))(t)
	t.Cleanup(in.Close)
	return in
}

func TestGeneratesWhatLlama2cPrints(t *testing.T) {
	pieces := must(sentencepiece.Parse(must(os.ReadFile(filepath.Join(storiesDir, "tokenizer.model")))(t)))(t)
	want := must(os.ReadFile(filepath.Join(storiesDir, "greedy200.txt")))(t)
	for _, kernel := range []string{"", "avx2"} { // the others would take seconds
		t.Run("kernel "+kernel, func(t *testing.T) {
			backend, err := cpu.New(cpu.Options{Kernel: kernel})
			if err != nil {
				t.Skip(err) // a kernel that this processor has not
			}
			in := must(model.Inspect(t.Context(), backend, storiesDir, nil))(t)
			defer in.Close()
			ids := must(in.Generate([]int32{must(in.Begin(pieces.BOS(), pieces.EOS()))(t)}, 200))(t)
			if got := must(pieces.Decode(ids))(t); got != string(want) {
				t.Errorf("generated %q, want %q", got, want)
			}
		})
	}
}

func TestInspectorsLogits(t *testing.T) {
	in := inspect(t, filepath.Join(goldenDir, "hf"))
	onEveryEngine(t, false, func(b bench) {
		if b.tolerance < 1e-5 {
			return // the inspector under test computes in float32
		}
		shape, _ := b.tensors.Shape("base.logits")
		want := must(checkpoint.Read[float64](b.tensors, "base.logits", shape...))(b.T)
		for i, row := range b.golden.Batch.InputIDs {
			ids := row[:b.golden.Batch.batch().Lengths[i]]
			got := must(in.Logits(ids))(b.T)
			if len(got) != len(ids) {
				b.Fatalf("%d rows for %d tokens", len(got), len(ids))
			}
			for j, scores := range got {
				for k, score := range scores {
					if difference := math.Abs(float64(score) - want[(i*12+j)*64+k]); difference > 1e-4 {
						b.Fatalf("row %d, token %d, word %d is %g off", i, j, k, difference)
					}
				}
			}
		}
	})
}

func TestInspectorsClassLogits(t *testing.T) {
	in := inspect(t, filepath.Join(goldenDir, "hf"), filepath.Join(goldenDir, "lora_lm"), filepath.Join(goldenDir, "lora_cls"))
	onEveryEngine(t, false, func(b bench) {
		want := must(checkpoint.Read[float64](b.tensors, "stacked.logits", 3, 2))(b.T)
		for i, row := range b.golden.Batch.InputIDs {
			got := must(in.Logits(row[:b.golden.Batch.batch().Lengths[i]]))(b.T)
			if len(got) != 1 || len(got[0]) != 2 || math.Abs(float64(got[0][0])-want[2*i]) > 1e-5 || math.Abs(float64(got[0][1])-want[2*i+1]) > 1e-5 {
				b.Errorf("text %d: %v, want %v", i, got, want[2*i:2*i+2])
			}
		}
	})
}

func TestWrongQuestions(t *testing.T) {
	in := inspect(t, filepath.Join(goldenDir, "hf"))
	for name, c := range map[string]struct {
		ids  []int32
		code exit.Code
		want string
	}{
		"no ids":   {nil, exit.BadData, "at least the BOS"},
		"negative": {[]int32{1, -7}, exit.BadData, "position 1"},
		"too high": {[]int32{1, 2, 64}, exit.BadData, "position 2"},
		"too long": {make([]int32, 65), exit.Usage, "max_position_embeddings 64"},
	} {
		if _, err := in.Logits(c.ids); exit.Of(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := in.Logits(make([]int32, 64)); err != nil || len(got) != 64 {
		t.Errorf("the longest text: %d rows, %v", len(got), err)
	}
	backend := must(cpu.New(cpu.Options{}))(t)
	lora := filepath.Join(goldenDir, "lora_cls")
	if _, err := model.Inspect(t.Context(), backend, filepath.Join(goldenDir, "hf"), []string{lora, lora}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "head already") {
		t.Errorf("two heads: %v", err)
	}
	if _, err := model.Inspect(t.Context(), backend, storiesDir, []string{lora}); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "lora_A") {
		t.Errorf("another base's adapter: %v", err)
	}
}
