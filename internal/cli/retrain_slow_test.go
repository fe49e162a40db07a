//go:build slow || proof

package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/stages/promotion"
)

// retrainDAG trains a tiny model on invented patients, and promotes.
const retrainDAG = `name: tiny
vars: {split_seed: 1, seed: 1, patients: 120, margin: 1}
steps:
  mimic: {stage: synth.mimiciv, with: {patients: ${patients}, seed: 3}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 3}}
  split: {stage: split.hash, in: {patients: patients}, with: {seed: ${split_seed}}}
  texts: {stage: text.admission, in: {patients: patients}}
  labels: {stage: label.length_of_stay, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 400}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 32}}
  base: {stage: train.random, in: {tokenizer: tokenizer}, with: {config: '{"model_type": "llama", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6}'}}
  adapter: {stage: train.finetune, in: {tokens: tokens, labels: labels, split: split, base: base}, with: {peft: {r: 2}, epochs: 1, learning_rate: 1e-3, seed: ${seed}}}
  predictions: {stage: train.predict, in: {tokens: tokens, labels: labels, split: split, base: base, adapter: adapter}}
  current: {stage: registry.current, in: {candidate: adapter}, with: {model: models/los}}
  current_predictions: {stage: train.predict, in: {tokens: tokens, labels: labels, split: split, base: base, adapter: current}}
  gate: {stage: registry.gate, in: {candidate: predictions, current: current_predictions, registered: current}, with: {margin: ${margin}}}
  promote: {stage: registry.promote, in: {decision: gate, adapters: adapter}, with: {model: models/los}}
publish: {decision.json: gate.decision.json, decision.html: gate.decision.html}
`

// Real adapters go through training, registry, prediction and gate. What the registry
// gives back predicts as it did, the next one is compared with it, and one that was trained
// on patients whom a later split holds out is not asked.
func TestSlowRetrain(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tiny.yaml"), retrainDAG)
	run := func(code int, set ...string) result {
		t.Helper()
		args := []string{"run", "tiny.yaml"}
		for _, s := range set {
			args = append(args, "--set", s)
		}
		return clinflow(t, dir, code, args...)
	}
	told := func() (versions []string, current string) {
		out := clinflow(t, dir, 0, "models", "list", "--registry", "models").stdout
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 2 {
			t.Fatal(out)
		}
		found, _ := filepath.Glob(filepath.Join(dir, "models/los/versions/*"))
		return found, strings.Fields(lines[1])[1]
	}
	run(0)
	first, current := told()
	if len(first) != 1 || filepath.Base(first[0]) != current {
		t.Fatal(first, current)
	}
	run(0, "seed=2")
	second, current := told()
	decision := read(t, dir, "clinflow-out/decision.json")
	if len(second) != 2 || current == filepath.Base(first[0]) || !strings.Contains(decision, `"current": "`+filepath.Base(first[0])) {
		t.Errorf("%v, current %s\n%s", second, current, decision)
	}
	// The tokenizer is of the train patients, so another split has other tokens and another
	// base too: the guard is met first, as patients are looked at before models.
	r := run(3, "seed=2", "split_seed=2")
	if !strings.Contains(r.stderr, "step current_predictions") || !strings.Contains(r.stderr, "so the test would measure memory") {
		t.Error(r.stderr)
	}
	if _, now := told(); now != current {
		t.Errorf("current is %s, was %s", now, current)
	}
}

// A registry in a bucket: what is current there is part of the plan.
func TestSlowGateInABucket(t *testing.T) {
	inABucket(t)
	g := gated{t, t.TempDir()}
	registry := gstest.URI("models")
	write(t, filepath.Join(g.dir, "gate.yaml"), strings.ReplaceAll(gateDAG, "clinflow-models/mor", registry+"/mor"))
	g.want("the first", "", promotion.OutcomeFirst, true)
	g.want("better", "quality=2", promotion.OutcomeBetter, true)
	g.want("worse", "quality=0.5", promotion.OutcomeRefused, false)
	if r := clinflow(t, g.dir, 0, "models", "rollback", "mor", "--why", "drifts", "--registry", registry); !strings.Contains(r.stdout, "rolled back 0001-") {
		t.Error(r.stdout)
	}
	if d := g.want("compared with the first again", "quality=1.5", promotion.OutcomeBetter, true); !strings.HasPrefix(d.Current, "0001-") {
		t.Errorf("compared with %s", d.Current)
	}
	clinflow(t, g.dir, 0, "verify", registry)
}
