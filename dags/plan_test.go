package dags

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

const planned = `name: planned
vars: {root: ROOT, lr: 0.001, seed: 7}
steps:
  patients: {stage: fake.ingest, with: {root: "${root}/mimic", shards: 2}}
  examples: {stage: fake.label, in: {patients: patients}, with: {seed: ${seed}}}
  tokens: {stage: fake.tokens, in: {notes: patients.notes, examples: examples}}
  adapter: {stage: fake.train, in: {tokens: tokens}, with: {base: "${root}/base", lr: ${lr}, epochs: 1}}
`

// bench is a DAG, its raw files and its output folder.
type bench struct {
	t    *testing.T
	root string
	out  store.Dir
	set  map[string]string
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, root: t.TempDir(), set: map[string]string{}}
	b.raw("mimic/hosp/admissions.csv", "one")
	b.raw("base/config.json", "{}")
	b.raw("base/.cache/note", "not an input")
	out, err := store.Open(filepath.Join(b.root, "out"))
	if err != nil {
		t.Fatal(err)
	}
	b.out = out
	return b
}

func (b *bench) raw(name, text string) {
	path := filepath.Join(b.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) dag() *DAG {
	b.t.Helper()
	d, err := Parse(stages.Default, "planned.yaml", []byte(strings.ReplaceAll(planned, "ROOT", b.root)), b.set)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *bench) plan() Plan {
	b.t.Helper()
	planner, err := NewPlanner(b.t.Context(), stages.Default, b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	plan, err := b.dag().Plan(b.t.Context(), planner)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := planner.Save(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return plan
}

// finish writes the outputs of the steps that are known to run, as a runner
// would; what says how content follows from the step.
func (b *bench) finish(d Decision, content string) {
	b.t.Helper()
	ctx := context.Background()
	w, err := dataset.NewWriter(ctx, d.URI, d.Step.Stage.Out.Kind, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	f, err := w.File("content")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := f.Write([]byte(content)); err != nil {
		b.t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		b.t.Fatal(err)
	}
	header := dataset.Manifest{
		Stage: d.Identity.Stage, StageVersion: d.Identity.Version,
		Config: d.Identity.Config, Inputs: d.Identity.Inputs, Kernel: d.Identity.Kernel,
	}
	if err := w.Commit(ctx, header, nil); err != nil {
		b.t.Fatal(err)
	}
}

// run finishes steps until none is left; content gives a step's bytes.
func (b *bench) run(content func(Decision) string) {
	b.t.Helper()
	for range 10 {
		plan := b.plan()
		if plan.Pending() == 0 {
			return
		}
		for _, d := range plan.Steps {
			if d.State.Runs() && d.Fingerprint != "" {
				b.finish(d, content(d))
			}
		}
	}
	b.t.Fatal("the plan does not come to an end")
}

func byFingerprint(d Decision) string { return d.Fingerprint }

var hex16 = regexp.MustCompile(`[0-9a-f]{16}`)

// told is the plan's text with places and fingerprints made equal everywhere.
func (b *bench) told() string {
	b.t.Helper()
	var text strings.Builder
	if err := b.plan().Write(&text); err != nil {
		b.t.Fatal(err)
	}
	return strings.ReplaceAll(hex16.ReplaceAllString(text.String(), "0123456789abcdef"), b.out.URI(), "OUT")
}

func (b *bench) want(text string) {
	b.t.Helper()
	if diff := cmp.Diff(strings.TrimPrefix(text, "\n"), b.told()); diff != "" {
		b.t.Error(diff)
	}
}

func TestPlanSaysWhatRunsAndWhy(t *testing.T) {
	b := newBench(t)
	b.want(`
planned (planned.yaml) into OUT: 4 of 4 steps will run
  will run  patients  fake.ingest  0123456789abcdef  never ran
  will run  examples  fake.label   not known yet     never ran
  will run  tokens    fake.tokens  not known yet     never ran
  will run  adapter   fake.train   not known yet     never ran
`)
	b.run(byFingerprint)
	const allDone = `
planned (planned.yaml) into OUT: 0 of 4 steps will run
  done  patients  fake.ingest  0123456789abcdef  same stage, configuration and inputs
  done  examples  fake.label   0123456789abcdef  same stage, configuration and inputs
  done  tokens    fake.tokens  0123456789abcdef  same stage, configuration and inputs
  done  adapter   fake.train   0123456789abcdef  same stage, configuration and inputs
`
	b.want(allDone)

	b.set = map[string]string{"seed": "8", "lr": "1e-4"}
	b.want(`
planned (planned.yaml) into OUT: 3 of 4 steps will run
  done      patients  fake.ingest  0123456789abcdef  same stage, configuration and inputs
  will run  examples  fake.label   0123456789abcdef  with.seed: 7 → 8
  will run  tokens    fake.tokens  not known yet     upstream step examples will run
  will run  adapter   fake.train   not known yet     with.lr: 0.001 → 0.0001; upstream step tokens will run
`)
	b.set = map[string]string{"lr": "1e-4"}
	b.raw("base/weights", "new")
	b.want(`
planned (planned.yaml) into OUT: 1 of 4 steps will run
  done      patients  fake.ingest  0123456789abcdef  same stage, configuration and inputs
  done      examples  fake.label   0123456789abcdef  same stage, configuration and inputs
  done      tokens    fake.tokens  0123456789abcdef  same stage, configuration and inputs
  will run  adapter   fake.train   0123456789abcdef  with.lr: 0.001 → 0.0001; with.base: changed
`)
	b.set = nil
	if err := os.Remove(filepath.Join(b.root, "base/weights")); err != nil {
		t.Fatal(err)
	}
	b.want(allDone)

	b.raw("mimic/hosp/admissions.csv", "another")
	b.want(`
planned (planned.yaml) into OUT: 4 of 4 steps will run
  will run  patients  fake.ingest  0123456789abcdef  input hosp/admissions.csv: changed
  will run  examples  fake.label   not known yet     upstream step patients will run
  will run  tokens    fake.tokens  not known yet     upstream step patients will run; upstream step examples will run
  will run  adapter   fake.train   not known yet     upstream step tokens will run
`)
}

// A step whose inputs come out the same bytes as before is not run again.
func TestPlanStopsWhereBytesAreTheSame(t *testing.T) {
	b := newBench(t)
	b.run(byFingerprint)
	var before string
	for _, d := range b.plan().Steps {
		if d.Step.Name == "adapter" {
			before = d.Fingerprint
		}
	}
	b.raw("mimic/hosp/admissions.csv", "other bytes, same rows")
	first := b.plan().Steps[0]
	b.finish(first, readContent(t, b, "patients", first.URI))
	plan := b.plan()
	if plan.Pending() != 0 || plan.Steps[3].Fingerprint != before {
		t.Errorf("%d steps pending, adapter %s, want none and %s", plan.Pending(), plan.Steps[3].Fingerprint, before)
	}
}

// readContent reads the content of a step's only output beside the one at not.
func readContent(t *testing.T, b *bench, step, not string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(b.out.URI(), "steps", step+"-*", "content"))
	if err != nil || len(all) != 1 || filepath.Dir(all[0]) == not {
		t.Fatalf("outputs of %s: %v, %v", step, all, err)
	}
	text, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPlanTellsUnusableOutputs(t *testing.T) {
	b := newBench(t)
	b.run(byFingerprint)
	uri := b.plan().Steps[3].URI
	fakeKernel = "avx2"
	t.Cleanup(func() { fakeKernel = "go" })
	if got := b.plan().Steps[3].Reasons; !cmp.Equal(got, []string{"kernel: go → avx2"}) {
		t.Errorf("another kernel: %q", got)
	}
	fakeKernel = "go"
	renamed := filepath.Join(filepath.Dir(uri), "adapter-0123456789abcdef")
	if err := os.Rename(uri, renamed); err != nil {
		t.Fatal(err)
	}
	if got := b.plan().Steps[3].Reasons; !cmp.Equal(got, []string{"an earlier clinflow named its output otherwise"}) {
		t.Errorf("another name: %q", got)
	}
	if err := os.Rename(renamed, uri); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(uri, dataset.ManifestName)); err != nil {
		t.Fatal(err)
	}
	if got := b.plan().Steps[3]; got.State != StateIncomplete || !cmp.Equal(got.Reasons, []string{"its output is incomplete: a run ended in the middle of it"}) {
		t.Errorf("without a manifest: %v %q", got.State, got.Reasons)
	}
}

// What a step alone needs may be of a machine with other kernels, and not of other settings.
func TestAGivenOutputMayBeOfOtherKernels(t *testing.T) {
	b := newBench(t)
	b.run(byFingerprint)
	made := b.plan().Steps[3]
	fakeKernel = "avx2"
	t.Cleanup(func() { fakeKernel = "go" })
	given := func() Decision {
		planner, err := NewPlanner(t.Context(), stages.Default, b.out)
		if err != nil {
			t.Fatal(err)
		}
		d := b.dag()
		d.Steps[3].Given = true
		plan, err := d.Plan(t.Context(), planner)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Steps[3]
	}
	if got := given(); got.State != StateDone || got.URI != made.URI || got.Fingerprint != made.Fingerprint {
		t.Errorf("made with other kernels: %+v, want %s", got, made.URI)
	}
	b.set["lr"] = "0.5"
	if got := given(); got.State != StateMissing {
		t.Errorf("made with other settings: %+v", got)
	}
}

// A new version of what lies in an output is told as the reason that it is.
func TestDifferencesNameVersions(t *testing.T) {
	of := func(kind, notes int) dataset.Manifest {
		return dataset.Manifest{Versions: dataset.Versions{Kind: kind, Tables: map[string]int{"notes": notes}}}
	}
	if got := Differences(of(1, 1), of(2, 3)); !cmp.Equal(got, []string{"version of the kind: 1 → 2", "version of table notes: 1 → 3"}) {
		t.Errorf("%q", got)
	}
}

// The files of a tree that a step made are known by the step's digest: they are
// not read a second time, and need not be there to be fingerprinted.
func TestPlanTakesATreeFromAStep(t *testing.T) {
	b := newBench(t)
	d, err := Parse(stages.Default, "x.yaml", []byte(`name: x
steps:
  tokens: {stage: fake.tokens, in: {notes: patients}}
  tree: {stage: fake.train, in: {tokens: first}, with: {epochs: 1}}
  first: {stage: fake.tokens, in: {notes: raw}}
  raw: {stage: fake.ingest, with: {root: `+filepath.Join(b.root, "mimic")+`}}
  patients: {stage: fake.ingest, in: {mimic: tree}, with: {root: ignored}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []map[string]string
	for _, step := range []string{"raw", "first", "tree", "patients"} {
		planner, err := NewPlanner(t.Context(), stages.Default, b.out)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := d.Plan(t.Context(), planner)
		if err != nil {
			t.Fatal(err)
		}
		for _, decision := range plan.Steps {
			if decision.Step.Name == step {
				inputs = append(inputs, decision.Identity.Inputs)
				b.finish(decision, step)
			}
		}
	}
	var keys [][]string
	for _, in := range inputs {
		keys = append(keys, slices.Sorted(maps.Keys(in)))
	}
	want := [][]string{{"file hosp/admissions.csv"}, {"notes"}, {"tokens"}, {"mimic"}}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
}

func TestPlanNamesAMissingInput(t *testing.T) {
	b := newBench(t)
	b.run(byFingerprint)
	if err := os.RemoveAll(filepath.Join(b.root, "base")); err != nil {
		t.Fatal(err)
	}
	planner, err := NewPlanner(t.Context(), stages.Default, b.out)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.dag().Plan(t.Context(), planner)
	if exit.Of(err) != exit.Usage || !strings.HasPrefix(err.Error(), "step adapter: with.base: ") {
		t.Errorf("exit %d: %v", exit.Of(err), err)
	}
}

// What is read otherwise is another input, though the file is the same.
func TestAPrefixOfAPathIsInTheFingerprint(t *testing.T) {
	b := newBench(t)
	planner, err := NewPlanner(t.Context(), stages.Default, b.out)
	if err != nil {
		t.Fatal(err)
	}
	file, sum := filepath.Join(b.root, "base/config.json"), fmt.Sprintf("%x", sha256.Sum256([]byte("{}")))
	for value, want := range map[string]string{file: sum, "drawn:" + file: "drawn:" + sum} {
		digests := map[string]string{}
		step := &Step{Paths: []Path{pathOf("base", value, stages.Field{Prefix: "drawn:"})}}
		if err := planner.pathDigests(t.Context(), step, digests); err != nil || digests["with.base"] != want {
			t.Errorf("%s: %q, %v, want %q", value, digests["with.base"], err, want)
		}
	}
}

func TestDigests(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(b.root, "base/config.json")
	d := OpenDigests(t.Context(), b.out, nil)
	before, err := d.File(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte("{}"))); before != want {
		t.Errorf("sha256 %s, want %s", before, want)
	}
	if err := d.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	b.raw("base/config.json", "[]") // same size; the time is put back to show that the cache answers
	if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got, err := OpenDigests(t.Context(), b.out, nil).File(t.Context(), file); err != nil || got != before {
		t.Errorf("same size and time: %s, %v; want the cached %s", got, err, before)
	}
	if err := os.Chtimes(file, info.ModTime(), info.ModTime().Add(1)); err != nil {
		t.Fatal(err)
	}
	if got, err := OpenDigests(t.Context(), b.out, nil).File(t.Context(), file); err != nil || got == before {
		t.Errorf("another time: %s, %v; want another than the cached", got, err)
	}
	b.raw("out/cache/digests.json", `{"x": [`)
	if _, err := OpenDigests(t.Context(), b.out, nil).File(t.Context(), file); err != nil {
		t.Errorf("a damaged cache: %v", err)
	}
	if _, err := d.Tree(t.Context(), filepath.Join(b.root, "none")); exit.Of(err) != exit.Usage {
		t.Errorf("a missing folder: %v", err)
	}
}

// The digest of a folder is that of its files' names and contents: every change
// of one moves it, hidden files do not.
func TestDigestOfFolder(t *testing.T) {
	b := newBench(t)
	seen := map[string]string{}
	for _, change := range []func(){
		func() {},
		func() { b.raw("base/a/b", "x") },
		func() { b.raw("base/a/c", "x") },
		func() { b.raw("base/a/b", "y") },
		func() { b.raw("base/a/b", "x\n"); os.Remove(filepath.Join(b.root, "base/a/c")) },
	} {
		change()
		sum, err := OpenDigests(t.Context(), b.out, nil).Tree(t.Context(), filepath.Join(b.root, "base"))
		if err != nil {
			t.Fatal(err)
		}
		if seen[sum] != "" {
			t.Errorf("two folders with the digest %s", sum)
		}
		seen[sum] = sum
		b.raw("base/.git/HEAD", sum)
		if again, err := OpenDigests(t.Context(), b.out, nil).Tree(t.Context(), filepath.Join(b.root, "base")); again != sum {
			t.Errorf("a hidden file moved the digest to %s, %v", again, err)
		}
	}
}

// A path says which files of a folder a step reads: what else lies there is
// nobody's concern.
func TestPlanLooksAtTheFilesThatAreRead(t *testing.T) {
	b := newBench(t)
	b.raw("base/parts/1.bin", "one")
	b.run(byFingerprint)
	for _, name := range []string{"base/README.md", "base/config.json.orig", "base/notes/weights", "base/parts/1.txt", "base/parts/deep/2.bin", "base/parts/.3.bin", "base/.weights"} {
		b.raw(name, "a remark")
		if n := b.plan().Pending(); n != 0 {
			t.Fatalf("%s made %d steps stale", name, n)
		}
	}
	for _, name := range []string{"base/config.json", "base/weights-2", "base/parts/1.bin"} {
		b.raw(name, "another model")
		if n := b.plan().Pending(); n != 1 {
			t.Errorf("%s made %d steps stale, want the one that reads it", name, n)
		}
		b.run(byFingerprint)
	}
}

// A model's folder, a folder in it and its files are links on many machines.
func TestDigestFollowsLinks(t *testing.T) {
	b := newBench(t)
	b.raw("base/parts/1.bin", "one")
	reads := []string{"config.json", "parts/*.bin"}
	digest := func(folder string) string {
		t.Helper()
		sum, err := OpenDigests(t.Context(), b.out, nil).Tree(t.Context(), filepath.Join(b.root, folder), reads...)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	link := func(to, at string) {
		t.Helper()
		if err := os.Symlink(filepath.Join(b.root, to), filepath.Join(b.root, at)); err != nil {
			t.Fatal(err)
		}
	}
	want := digest("base")
	link("base", "whole")
	b.raw("inner/none", "")
	link("base/parts", "inner/parts")
	link("base/config.json", "inner/config.json")
	for _, folder := range []string{"whole", "inner"} {
		if got := digest(folder); got != want {
			t.Errorf("%s has the digest %s, what it leads to %s", folder, got, want)
		}
	}
	if _, err := OpenDigests(t.Context(), b.out, nil).Tree(t.Context(), filepath.Join(b.root, "whole")); err != nil {
		t.Errorf("a link to a folder that is read whole: %v", err)
	}
	link("nothing", "broken")
	if _, err := OpenDigests(t.Context(), b.out, nil).Tree(t.Context(), filepath.Join(b.root, "broken"), reads...); exit.Of(err) != exit.Usage {
		t.Errorf("a link to nothing: %v", err)
	}
}

// The cache of digests is asked by what a link leads to.
func TestALinkThatLeadsElsewhereIsReadAgain(t *testing.T) {
	b := newBench(t)
	b.raw("other/config.json", "[]") // as long as the first, and as old
	info, err := os.Stat(filepath.Join(b.root, "base/config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(b.root, "other/config.json"), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	d, link := OpenDigests(t.Context(), b.out, nil), filepath.Join(b.root, "link")
	var sums []string
	for _, to := range []string{"base", "other"} {
		_ = os.Remove(link) // the first time there is none
		if err := os.Symlink(filepath.Join(b.root, to), link); err != nil {
			t.Fatal(err)
		}
		sum, err := d.Tree(t.Context(), link, "config.json")
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
	}
	if sums[0] == sums[1] {
		t.Error("the digest is that of the folder which the link led to before")
	}
}
