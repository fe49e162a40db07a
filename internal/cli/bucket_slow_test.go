//go:build slow

package cli

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
)

func TestSlowDemoInABucket(t *testing.T) {
	server := inABucket(t)
	u := runUndisturbed(t, t.TempDir(), "demo", "--scale", "tiny")
	dir := t.TempDir()
	args := []string{"demo", "--scale", "tiny", "--workers", "2", "--out", gstest.URI("out")}
	server.Requests()
	clinflow(t, dir, 0, args...)
	t.Logf("requests of the demo: %v", server.Requests())
	sameOutputs(t, filesAlone(u.files), filesAlone(bucketOutputs(t, server, "out")))

	again := clinflow(t, dir, 0, args...)
	if strings.Contains(again.stderr, "step started") || !strings.Contains(again.stderr, "its output is there") {
		t.Errorf("the second demo did work again or did not say why not:\n%s", again.stderr)
	}
	t.Logf("requests of a demo that is there: %v", server.Requests())
	for _, args := range [][]string{{"verify", gstest.URI("out")}, {"runs", "list", "--out", gstest.URI("out")}, {"runs", "show", "--out", gstest.URI("out")}} {
		noCanary(t, strings.Join(args, " "), clinflow(t, dir, 0, args...).all())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("a demo in a bucket left %v here, %v", left, err)
	}
}

const rawDAG = `
name: raw
vars: {mimic: ""}
steps:
  patients: {stage: ingest.mimiciv, with: {root: "${mimic}", shards: 4}}
  split: {stage: split.hash, in: {patients: patients}}
  mortality: {stage: label.mortality, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
`

// Raw files in a bucket give the same parts as the same files on this machine: their
// digests alone are of another kind.
func TestSlowRawFilesInABucket(t *testing.T) {
	server := inABucket(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "raw.yaml"), rawDAG)
	clinflow(t, dir, 0, "synth", "--patients", "300", "--out", "mimic")
	upload(t, server, filepath.Join(dir, "mimic"), "mimic")
	clinflow(t, dir, 0, "run", "raw.yaml", "--set", "mimic=mimic", "--out", "here")
	want := parts(outputs(t, filepath.Join(dir, "here")))
	server.Storm(7, 0.05)
	clinflow(t, dir, 0, "run", "raw.yaml", "--set", "mimic="+gstest.URI("mimic"), "--out", gstest.URI("out"))
	server.Heal()
	sameOutputs(t, want, parts(bucketOutputs(t, server, "out")))
	clinflow(t, dir, 0, "run", "raw.yaml", "--set", "mimic="+gstest.URI("mimic"), "--out", "there")
	sameOutputs(t, want, parts(outputs(t, filepath.Join(dir, "there"))))
}

// parts are the files of steps but manifests, by the steps' names.
func parts(all map[string]string) map[string]string {
	files := map[string]string{}
	for name, digest := range all {
		step, file, in := strings.Cut(strings.TrimPrefix(name, "/steps/"), "/")
		if in && strings.HasSuffix(file, ".parquet") {
			step, _, _ = strings.Cut(step, "-")
			files[step+"/"+file] = digest
		}
	}
	return files
}

func upload(t *testing.T, server *gstest.Server, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, file)
		server.Fake.CreateObject(fakestorage.Object{
			ObjectAttrs: fakestorage.ObjectAttrs{BucketName: gstest.Bucket, Name: path.Join(to, filepath.ToSlash(name))},
			Content:     []byte(read(t, file)),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const baseDAG = `
name: overabase
vars: {base: ""}
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 120}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  stay: {stage: label.length_of_stay, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokens: {stage: tokenize.texts, in: {texts: texts}, with: {tokenizer: "${base}", max_length: 64}}
  trained:
    stage: train.finetune
    in: {tokens: tokens, labels: stay, split: split}
    with: {base: "${base}", peft: {type: lora, r: 2}, epochs: 1}
  predictions:
    stage: train.predict
    in: {tokens: tokens, labels: stay, split: split, adapter: trained}
    with: {base: "${base}"}
`

// A base model in a bucket is copied here once, and what is trained over it is the same.
func TestSlowBaseModelInABucket(t *testing.T) {
	server := inABucket(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "base.yaml"), baseDAG)
	write(t, filepath.Join(dir, "make.yaml"), `
name: make
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 60}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512, max_notes: 200}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 64}}
  base: {stage: train.base, in: {tokens: tokens, split: split, tokenizer: tokenizer}, with: {epochs: 1}}
`)
	clinflow(t, dir, 0, "run", "make.yaml", "--out", "made")
	made, err := filepath.Glob(filepath.Join(dir, "made", "steps", "base-*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	if err := os.Rename(made[0], filepath.Join(dir, "tiny-llama")); err != nil {
		t.Fatal(err)
	}
	upload(t, server, filepath.Join(dir, "tiny-llama"), "models/tiny-llama")
	clinflow(t, dir, 0, "run", "base.yaml", "--set", "base=tiny-llama", "--out", "here")
	clinflow(t, dir, 0, "run", "base.yaml", "--set", "base="+gstest.URI("models/tiny-llama"), "--out", "there")
	sameOutputs(t, models(outputs(t, filepath.Join(dir, "here"))), models(outputs(t, filepath.Join(dir, "there"))))
	missing := clinflow(t, dir, 2, "run", "base.yaml", "--set", "base="+gstest.URI("models/none"), "--out", "nowhere")
	if !strings.Contains(missing.stderr, "models/none is not there") {
		t.Error(missing.stderr)
	}
}

// models are the files of what was trained and predicted, by the steps' names.
func models(all map[string]string) map[string]string {
	files := parts(all)
	for name, digest := range all {
		step, file, in := strings.Cut(strings.TrimPrefix(name, "/steps/"), "/")
		if in && digest != "a folder" && strings.HasPrefix(step, "trained-") && file != "manifest.json" {
			files["trained/"+file] = digest
		}
	}
	return files
}

// Of two runs that race for one folder one does the work, and the other says so.
func TestSlowTwoRunsRaceForABucket(t *testing.T) {
	server := inABucket(t)
	u := runUndisturbed(t, dataFolder(t), "run", "data.yaml")
	first := start(t, dataFolder(t), nil, bucketArgs(u, "out")...)
	second := start(t, dataFolder(t), nil, bucketArgs(u, "out")...)
	won, lost := first.result(), second.result()
	if won.code != 0 {
		won, lost = lost, won
	}
	if won.code != 0 || lost.code != 4 || !strings.Contains(lost.stderr, "another run is at work") {
		t.Errorf("exit codes %d and %d\n%s", won.code, lost.code, lost.stderr)
	}
	sameOutputs(t, filesAlone(u.files), filesAlone(bucketOutputs(t, server, "out")))
}

func TestSlowKilledInABucket(t *testing.T) {
	dir := dataFolder(t)
	killInABucket(t, 12, dir, runUndisturbed(t, dir, "run", "data.yaml"))
}

// A run whose lock another took over ends: what it would write is the other's now.
func TestSlowLostLockEndsTheRun(t *testing.T) {
	server := inABucket(t)
	run := start(t, t.TempDir(), nil, "demo", "--scale", "quick", "--out", gstest.URI("out"))
	out, err := store.Open(gstest.URI("out"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := server.Fake.GetObject(gstest.Bucket, "out/runs/lock"); err == nil {
			break
		}
		select {
		case <-run.ended:
			t.Fatal("the run ended without a lock")
		case <-time.After(20 * time.Millisecond):
		}
	}
	other := `{"id": "another", "expires": "2999-01-01T00:00:00Z", "text": "{}"}`
	if err := store.WriteFile(t.Context(), out, "runs/lock", []byte(other)); err != nil {
		t.Fatal(err)
	}
	if r := run.result(); r.code != 4 || !strings.Contains(r.stderr, "the lock gs://notes/out/runs/lock was lost") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	if lock, err := server.Fake.GetObject(gstest.Bucket, "out/runs/lock"); err != nil || string(lock.Content) != other {
		t.Errorf("the other's lock became %q, %v", lock.Content, err)
	}
}
