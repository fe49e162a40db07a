package train

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

// countdown is a context that is cancelled after Err was asked left times: at a
// place in the run that does not depend on the clock.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// attempt runs a job stage into a folder that may hold what an earlier attempt
// left.
func attempt(t *testing.T, ctx context.Context, stage, config, uri string, in stages.Inputs) (*dataset.Dataset, error) {
	t.Helper()
	return attemptIn(t, ctx, stages.Default, stage, config, uri, in)
}

func attemptIn(t *testing.T, ctx context.Context, env *stages.Environment, stage, config, uri string, in stages.Inputs) (*dataset.Dataset, error) {
	t.Helper()
	spec, _ := stages.Default.Lookup(stage)
	built, err := spec.Build(env, stagetest.Resolve(t, spec.Config(), config))
	must(t, err)
	w, err := dataset.NewWriter(t.Context(), uri, spec.Out.Kind, 0)
	must(t, err)
	w.Remember(stage + config) // of inputs that stay the same
	if err := built.(stages.Job).Run(ctx, in, w); err != nil {
		return nil, err
	}
	if err := w.Commit(ctx, dataset.Manifest{Stage: stage}, nil); err != nil {
		if _, lost := os.Stat(filepath.Join(uri+workSuffix, trainer.StateName)); lost != nil {
			t.Errorf("neither an output nor a training checkpoint is left: %v", lost)
		}
		return nil, err
	}
	return dataset.Open(t.Context(), uri)
}

// undisturbed runs a job stage to its end and says how often it looked at its
// context. The inputs have been checked before.
func undisturbed(t *testing.T, stage, config string, in stages.Inputs) (*dataset.Dataset, int) {
	t.Helper()
	var whole *dataset.Dataset
	var looks int
	for range 2 {
		ctx := &countdown{t.Context(), 1 << 30}
		d, err := attempt(t, ctx, stage, config, filepath.Join(t.TempDir(), "out"), in)
		must(t, err)
		whole, looks = d, 1<<30-ctx.left
	}
	return whole, looks
}

// readState reads the training checkpoint's state.
func readState(t *testing.T, work store.Dir) (state trainer.State) {
	t.Helper()
	text, err := store.ReadSealed(t.Context(), work, trainer.StateName)
	must(t, err)
	must(t, json.Unmarshal(text, &state))
	return state
}

func TestInterruptedRunsEndAlike(t *testing.T) {
	tokens := corpus(t, 120, 1)
	tokenizer := smallestTokenizer(t)
	base := baseModel(t, tokens, quickBase)
	adapter := `peft: {r: 2, dropout: 0.2}, learning_rate: 0.01, epochs: 3, batch_size: 8, accumulation: 2, save_every: 3, log_every: 4`
	for _, c := range []struct {
		name, stage, config string
		in                  stages.Inputs
	}{
		{"base", "train.base", `{hidden_size: 8, heads: 2, kv_heads: 1, epochs: 2, batch_size: 8, max_grad_norm: 1, save_every: 2}`, tokens.with(stages.Inputs{"tokenizer": {tokenizer}})},
		{"pretrain", "train.pretrain", "{" + adapter + "}", tokens.with(stages.Inputs{"base": {base}})},
		{"lora", "train.finetune", "{selection: best, " + adapter + "}", tokens.with(stages.Inputs{"base": {base}})},
		{"patience", "train.finetune", `{selection: best, patience: 2, learning_rate: 0.3, warmup_ratio: 0, epochs: 9, save_every: 4, peft: {r: 2}}`, tokens.with(stages.Inputs{"base": {base}})},
		{"head", "train.finetune", `{peft: {type: none}, epochs: 4, learning_rate: 0.1, save_every: 1}`, tokens.with(stages.Inputs{"base": {base}})},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, looks := undisturbed(t, c.stage, c.config, c.in)
			if c.name == "patience" && whole.Manifest.Counts["epochs"] == 9 {
				t.Error("patience never ran out: the case tests nothing")
			}
			var all int
			for seed := range uint64(4) {
				got, stops := interrupted(t, rand.New(rand.NewPCG(seed, 0)), looks, c.stage, c.config, c.in)
				all += stops
				if got.Manifest.Digest() != whole.Manifest.Digest() {
					t.Errorf("seed %d: interrupted %d times, the artifact differs from an undisturbed run's", seed, stops)
				}
			}
			if all < 4 {
				t.Errorf("only %d interruptions were tried", all)
			}
		})
	}
}

// interrupted stops a run at random places until it ends. Now and then it also
// puts back an older training checkpoint, as a kill would leave it that came
// before the last was written. looks are those of an undisturbed run: most fall
// between two ops of a step.
func interrupted(t *testing.T, rng *rand.Rand, looks int, stage, config string, in stages.Inputs) (*dataset.Dataset, int) {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "out")
	work, older := uri+workSuffix, filepath.Join(t.TempDir(), "older")
	for stops := 0; ; stops++ {
		ctx := &countdown{t.Context(), looks/4 + rng.IntN(looks*2/3)}
		d, err := attempt(t, ctx, stage, config, uri, in)
		if err == nil {
			if _, err := os.Stat(work); !os.IsNotExist(err) {
				t.Error("the training checkpoints were left behind")
			}
			return d, stops
		}
		if stops > 200 {
			t.Fatalf("the run never ends: %v", err)
		}
		if ctx.left >= 0 {
			t.Fatalf("failed without being stopped: %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(work, "tensors-*")); len(left) > 1 {
			t.Fatalf("%d training checkpoints are kept, want the last", len(left))
		}
		switch _, err := os.Stat(older); {
		case err == nil && rng.IntN(3) == 0:
			must(t, os.RemoveAll(work))
			must(t, os.Rename(older, work))
		case rng.IntN(2) == 0:
			must(t, os.RemoveAll(older))
			if _, err := os.Stat(work); err == nil {
				must(t, os.CopyFS(older, os.DirFS(work)))
			}
		}
	}
}

// A training that has ended is not lost by an interruption that comes before its
// output is complete, at whatever look at the context.
func TestInterruptionsBetweenTheEndAndTheManifest(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	const config = `{selection: best, epochs: 2, save_every: 1000, peft: {r: 2}}`
	whole, looks := undisturbed(t, "train.finetune", config, in)
	for left := looks - 8; left < looks; left++ {
		uri := filepath.Join(t.TempDir(), "out")
		if _, err := attempt(t, &countdown{t.Context(), left}, "train.finetune", config, uri, in); err == nil {
			t.Fatalf("was not stopped at look %d of %d", left, looks)
		}
		work, err := store.Open(uri + workSuffix)
		must(t, err)
		kept := readState(t, work)
		again, err := attempt(t, t.Context(), "train.finetune", config, uri, in)
		must(t, err)
		if kept.Epoch < 1 || again.Manifest.Digest() != whole.Manifest.Digest() {
			t.Errorf("stopped at look %d of %d: %d epochs were kept, or the artifact is another", left, looks, kept.Epoch)
		}
	}
}

// A kill may come while the training checkpoints of a finished run are removed,
// before its output is complete.
func TestStateWithoutItsTensors(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	uri := filepath.Join(t.TempDir(), "out")
	want, looks := undisturbed(t, "train.finetune", `{epochs: 4}`, in)
	_, err := attempt(t, &countdown{t.Context(), looks / 2}, "train.finetune", `{epochs: 4}`, uri, in)
	stagetest.WantCode(t, err, exit.Interrupted)
	tensors, err := filepath.Glob(filepath.Join(uri+workSuffix, "tensors-*"))
	must(t, err)
	must(t, os.Remove(tensors[0]))
	got, err := attempt(t, t.Context(), "train.finetune", `{epochs: 4}`, uri, in)
	must(t, err)
	if got.Manifest.Digest() != want.Manifest.Digest() {
		t.Error("the artifact differs from an undisturbed run's")
	}
}

func TestCheckpointOfAnotherRunIsNotUsed(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	uri := filepath.Join(t.TempDir(), "out")
	_, looks := undisturbed(t, "train.finetune", `{epochs: 5, seed: 1}`, in)
	_, err := attempt(t, &countdown{t.Context(), looks / 2}, "train.finetune", `{epochs: 5, seed: 1}`, uri, in)
	stagetest.WantCode(t, err, exit.Interrupted)
	if _, err := os.Stat(filepath.Join(uri+workSuffix, trainer.StateName)); err != nil {
		t.Fatal("was interrupted before the first training checkpoint: ", err)
	}
	got, err := attempt(t, t.Context(), "train.finetune", `{epochs: 5, seed: 2}`, uri, in)
	must(t, err)
	want, err := attempt(t, t.Context(), "train.finetune", `{epochs: 5, seed: 2}`, filepath.Join(t.TempDir(), "out"), in)
	must(t, err)
	if got.Manifest.Digest() != want.Manifest.Digest() {
		t.Error("a run went on from the training checkpoint of another configuration")
	}
}
