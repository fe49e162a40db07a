//go:build slow

package train

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

func TestMain(m *testing.M) { os.Exit(emulated.Main(m)) }

// emulatedCard is an emulated card, and an environment whose training stages use it and
// nothing of the user's; out is what is logged there.
func emulatedCard(t *testing.T) (card *emulated.Device, env *stages.Environment, out *bytes.Buffer) {
	t.Helper()
	card = emulated.Build(t)
	env, out = logged("auto", 1)
	return card, env, out
}

// onCPU is an environment whose training stages use the processor.
func onCPU() *stages.Environment { return environment("cpu", 1) }

const cardLoRA = `{peft: {r: 2, dropout: 0.1}, learning_rate: 0.01, epochs: 2, batch_size: 8, save_every: 2, log_every: 1, max_grad_norm: 1}`

const cardHead = `{peft: {type: none}, learning_rate: 0.05, epochs: 2, batch_size: 8, log_every: 1}`

// TestSlowTheStagesOnACard trains as on the processor, on the card that "auto" finds.
func TestSlowTheStagesOnACard(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModelIn(t, onCPU(), tokens, quickBase)}})
	for name, config := range map[string]string{"lora": cardLoRA, "head over hidden states": cardHead} {
		t.Run(name, func(t *testing.T) {
			want := readLog(t, stagetest.RunIn(t, onCPU(), "train.finetune", config, in))
			_, env, out := emulatedCard(t)
			adapter := stagetest.RunIn(t, env, "train.finetune", config, in)
			if kernels := adapter.Manifest.Kernel; kernels != "cuda/sm_90/cublas12.9/bf16" {
				t.Errorf("trained by %s", kernels)
			}
			if !strings.Contains(out.String(), "for the model and what is trained") {
				t.Errorf("logged %q, want what the memory goes to", out)
			}
			got := readLog(t, adapter)
			if len(got) != len(want) {
				t.Fatalf("%d lines of log, %d on the processor", len(got), len(want))
			}
			for i, line := range got {
				if math.Abs(line.Loss-want[i].Loss) > 2e-2*want[i].Loss {
					t.Errorf("step %d: loss %g, on the processor %g", line.Step, line.Loss, want[i].Loss)
				}
			}
			rows := predictionsIn(t, env, tokens, in.One("base"), adapter, `{variant: x, splits: [test]}`)
			if len(rows) == 0 || len(rows[0].Logits) != 2 {
				t.Error("nothing was predicted on the card")
			}
		})
	}
}

// TestSlowALostCardLeavesTheLastCheckpoint loses the card in the middle of a training,
// which then goes on from its last checkpoint to the same bytes.
func TestSlowALostCardLeavesTheLastCheckpoint(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModelIn(t, onCPU(), tokens, quickBase)}})
	_, env, _ := emulatedCard(t)
	whole, err := attemptIn(t, t.Context(), env, "train.finetune", cardLoRA, filepath.Join(t.TempDir(), "out"), in)
	must(t, err)
	for _, call := range []string{"cuGraphLaunch", "cuLaunchKernel:adamw", "cuStreamSynchronize"} {
		t.Run(call, func(t *testing.T) {
			card, env, _ := emulatedCard(t)
			uri := filepath.Join(t.TempDir(), "out")
			calls := card.Calls(call)
			_, err := attemptIn(t, t.Context(), env, "train.finetune", cardLoRA, filepath.Join(t.TempDir(), "counted"), in)
			must(t, err)
			card.Fail(call, (card.Calls(call)-calls)*2/3, 719)
			if _, err = attemptIn(t, t.Context(), env, "train.finetune", cardLoRA, uri, in); exit.Of(err) != exit.Retry || !strings.Contains(err.Error(), "failed with 719") {
				t.Fatalf("got %v, want the lost card and exit.Retry", err)
			}
			if _, err := os.Stat(filepath.Join(uri+workSuffix, trainer.StateName)); err != nil {
				t.Fatalf("no training checkpoint was left: %v", err)
			}
			_, env, _ = emulatedCard(t) // as new
			resumed, err := attemptIn(t, t.Context(), env, "train.finetune", cardLoRA, uri, in)
			must(t, err)
			if resumed.Manifest.Digest() != whole.Manifest.Digest() {
				t.Error("the training that went on differs from one that was not disturbed")
			}
		})
	}
}

// TestSlowTooLargeABatch names the batch sizes that fit, and those do.
func TestSlowTooLargeABatch(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := stagetest.RunIn(t, onCPU(), "train.base", `{hidden_size: 32, intermediate_size: 256, layers: 4, heads: 2, kv_heads: 1, max_length: 24, epochs: 1}`,
		tokens.with(stages.Inputs{"tokenizer": {smallestTokenizer(t)}}))
	pretrain := func(config string) error {
		card, env, _ := emulatedCard(t)
		card.SetMemory(44 << 20)
		_, err := attemptIn(t, t.Context(), env, "train.pretrain", config, filepath.Join(t.TempDir(), "out"), tokens.with(stages.Inputs{"base": {base}}))
		return err
	}
	err := pretrain(`{batch_size: 3000, epochs: 1}`)
	sizes := regexp.MustCompile(`are left: batch_size (\d+) fits; with gradient_checkpointing: true, batch_size (\d+) fits`).FindStringSubmatch(fmt.Sprint(err))
	if exit.Of(err) != exit.Usage || sizes == nil {
		t.Fatalf("got %v, want exit.Usage and what fits", err)
	}
	kept, again := number(t, sizes[1]), number(t, sizes[2])
	if kept < 1 || again <= kept {
		t.Errorf("batch_size %d fits, %d with checkpointing", kept, again)
	}
	for config, fits := range map[string]bool{
		fmt.Sprintf(`{batch_size: %d, epochs: 1}`, kept):                                true,
		fmt.Sprintf(`{batch_size: %d, epochs: 1, gradient_checkpointing: true}`, again): true,
		fmt.Sprintf(`{batch_size: %d, epochs: 1}`, again):                               false,
	} {
		if err := pretrain(config); (err == nil) != fits {
			t.Errorf("%s: got %v, fits is to be %v", config, err, fits)
		}
	}
}

func TestSlowTooLargeAModel(t *testing.T) {
	tokens := corpus(t, 20, 1)
	base := stagetest.RunIn(t, onCPU(), "train.base", `{hidden_size: 256, intermediate_size: 1024, layers: 2, heads: 2, kv_heads: 2, max_length: 24, epochs: 1, batch_size: 20}`,
		tokens.with(stages.Inputs{"tokenizer": {smallestTokenizer(t)}}))
	card, env, _ := emulatedCard(t)
	card.SetMemory(34 << 20)
	_, err := attemptIn(t, t.Context(), env, "train.pretrain", `{epochs: 1}`, filepath.Join(t.TempDir(), "out"), tokens.with(stages.Inputs{"base": {base}}))
	if exit.Of(err) != exit.Usage || !strings.Contains(fmt.Sprint(err), "the model does not fit") {
		t.Errorf("got %v, want exit.Usage", err)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}
