//go:build slow || proof

package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// finishingDAG ends with a training whose output is what a run may lose.
const finishingDAG = `
name: finishing
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 120}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  mortality: {stage: label.mortality, in: {patients: patients}, with: {quirks: {death_filters: false}}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512, max_notes: 200}}
  corpus: {stage: tokenize.notes, in: {notes: patients.notes, tokenizer: tokenizer}, with: {max_length: 32}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 32}}
  base: {stage: train.base, in: {tokens: corpus, split: split, tokenizer: tokenizer}, with: {hidden_size: 32, layers: 1, max_length: 32}}
  last: {stage: train.finetune, in: {tokens: tokens, labels: mortality, split: split, base: base}, with: {epochs: 3, learning_rate: 0.01, peft: {r: 4}}}
`

// finishing is an undisturbed run and the folder of its last training.
type finishing struct {
	undisturbed
	dir, last string
	span      time.Duration // from its end to its manifest
}

func runToItsEnd(t *testing.T) finishing {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "finishing.yaml"), finishingDAG)
	f := finishing{undisturbed: runUndisturbed(t, dir, "run", "finishing.yaml"), dir: dir}
	found, err := filepath.Glob(filepath.Join(dir, outFolder, "steps", "last-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	f.last = filepath.Base(found[0])
	written := func(name string) time.Time {
		info, err := os.Stat(filepath.Join(found[0], name))
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	f.span = written("manifest.json").Sub(written("train_log.jsonl")) + time.Millisecond
	return f
}

// lastIsMissing is a copy of the run's folder without the last training.
func (f finishing) lastIsMissing(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join("steps", f.last), "runs"} {
		if err := os.RemoveAll(filepath.Join(dir, outFolder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// strike lets the last training end, sends the signal so long after that, and says whether the manifest was not there yet.
func (f finishing) strike(t *testing.T, dir string, s syscall.Signal, delay time.Duration) bool {
	t.Helper()
	output := filepath.Join(dir, outFolder, "steps", f.last)
	g := start(t, dir, nil, f.args...)
	for !begun(output) {
		select {
		case <-g.ended:
			t.Fatalf("it ended before its last training:\n%s", withheld(g.result().stderr))
		case <-time.After(100 * time.Microsecond):
		}
	}
	time.Sleep(delay)
	_, err := os.Stat(filepath.Join(output, "manifest.json"))
	g.signal(t, s)
	<-g.ended
	return err != nil
}

// begun says whether the training log is written, or being so: the first file
// after a training's end.
func begun(output string) bool {
	found, err := filepath.Glob(filepath.Join(output, "train_log.jsonl*"))
	return err == nil && len(found) > 0
}

var allEpochs = regexp.MustCompile(`"epoch":3\b`)

// kept says what is left of the training: its output, or the training checkpoint
// of its last epoch.
func (f finishing) kept(t *testing.T, dir string) string {
	t.Helper()
	output := filepath.Join(dir, outFolder, "steps", f.last)
	if _, err := os.Stat(filepath.Join(output, "manifest.json")); err == nil {
		return "the output"
	}
	if state, err := os.ReadFile(filepath.Join(output+".work", "state.json")); err == nil && allEpochs.Match(state) {
		return "the checkpoint"
	}
	t.Error("a training that had ended is lost: neither its output nor its last checkpoint is left")
	return "nothing"
}

// strikeFinishing sends signals at moments between the end of a training and its
// manifest, and lets the run go on. Where one comes later than it should it is drawn
// anew; nothing may be lost then either.
func strikeFinishing(t *testing.T, cancellations, kills int) {
	f := runToItsEnd(t)
	k := newKillings(t)
	late, kept := 0, map[string]int{}
	for i := range cancellations + kills {
		signal := syscall.SIGINT
		if i >= cancellations {
			signal = syscall.SIGKILL
		}
		k.moment(t, i, func(t *testing.T) {
			for before := false; !before && !t.Failed(); late++ {
				dir := f.lastIsMissing(t)
				before = f.strike(t, dir, signal, time.Duration(k.Int64N(int64(f.span))))
				kept[signal.String()+": "+f.kept(t, dir)]++
				k.goOn(t, dir, f.undisturbed)
			}
			late--
		})
	}
	t.Logf("%d cancellations and %d kill -9 between a training's end and its manifest, %s long, and %d just after it: %d of %d times nothing lost and the same bytes; left were, by signal: %v",
		cancellations, kills, f.span.Round(time.Millisecond), late, k.same, k.moments, kept)
}
