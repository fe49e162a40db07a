package runners

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

type idle struct{}

func (idle) Run(context.Context, stages.Inputs, *dataset.Writer) error { return nil }

type idleConfig struct {
	Word string `json:"word" default:"a" doc:"goes into the output"`
}

func init() {
	build := func(_ *stages.Environment, _ idleConfig) (stages.Job, error) { return idle{}, nil }
	stages.RegisterJob(stages.Spec{Name: "fake.make", Version: 1, Doc: "Makes.", Out: stages.Output{Kind: "model"}}, build)
	stages.RegisterJob(stages.Spec{
		Name: "fake.join", Version: 1, Doc: "Joins.", Out: stages.Output{Kind: "model"},
		In: []stages.Port{{Name: "from", Kind: "model", Many: true}},
	}, build)
}

const diamond = `name: diamond
vars: {left: a}
steps:
  top: {stage: fake.make}
  left: {stage: fake.join, in: {from: [top]}, with: {word: ${left}}}
  right: {stage: fake.join, in: {from: [top]}, with: {word: b}}
  end: {stage: fake.join, in: {from: [left, right]}}
publish: {answer.txt: end.content, plots/left.txt: left.content}
`

// fake writes each step's configuration and inputs as its output.
type fake struct {
	mu     sync.Mutex
	ran    []string
	before map[string]func(ctx context.Context) error // by step
	text   map[string]string                          // content by step, in place of the configuration
}

func (f *fake) Run(ctx context.Context, job Job) error {
	f.mu.Lock()
	f.ran = append(f.ran, job.Step)
	before, text := f.before[job.Step], f.text[job.Step]
	f.mu.Unlock()
	w, err := dataset.NewWriter(ctx, job.Out, job.Stage.Out.Kind, 0)
	if err != nil {
		return err
	}
	if before != nil {
		if err := before(ctx); err != nil {
			return err
		}
	}
	out, err := w.File("content")
	if err != nil {
		return err
	}
	if text == "" {
		text = fmt.Sprint(string(job.Config), len(job.Inputs["from"]))
	}
	if _, err := out.Write([]byte(text)); err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	w.Count("kept", int64(len(text)))
	return w.Commit(ctx, job.Header, nil)
}

func (f *fake) steps() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ran := slices.Clone(f.ran)
	f.ran = nil
	slices.Sort(ran)
	return ran
}

func parse(t *testing.T, set map[string]string) *dags.DAG {
	t.Helper()
	d, err := dags.Parse(stages.Default, "diamond.yaml", []byte(diamond), set)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// forced is a DAG whose steps all run again, where force says so.
func forced(d *dags.DAG, force bool) *dags.DAG {
	for _, step := range d.Steps {
		step.Forced = force
	}
	return d
}

func TestExecuteRunsOnlyWhatIsStale(t *testing.T) {
	out := filepath.Join(t.TempDir(), "deep", "out")
	f, force := &fake{}, false
	var told []Event
	o := Options{Out: out, Workers: 4, Revision: "r1", Notify: func(e Event) { told = append(told, e) }}
	run := func(set map[string]string, want ...string) {
		t.Helper()
		if err := Execute(t.Context(), stages.Default, forced(parse(t, set), force), f, o); err != nil {
			t.Fatal(err)
		}
		if got := f.steps(); !slices.Equal(got, want) {
			t.Errorf("ran %v, want %v", got, want)
		}
	}
	run(nil, "end", "left", "right", "top")
	published, err := os.Stat(filepath.Join(out, "answer.txt"))
	if err != nil || published.Mode().Perm() != 0o600 {
		t.Fatalf("published %v, %v", published, err)
	}

	told = nil
	run(nil)
	var lines []string
	for _, e := range told {
		lines = append(lines, e.Kind+" "+e.Step+" "+strings.Join(e.Reasons, "; "))
	}
	slices.Sort(lines)
	const there = " its output is there: same stage, configuration and inputs"
	want := []string{"run ended  ", "run started  ", "step skipped end" + there, "step skipped left" + there, "step skipped right" + there, "step skipped top" + there}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("the second run: %s", diff)
	}

	run(map[string]string{"left": "c"}, "end", "left")
	run(nil) // back to outputs that are there still
	f.text = map[string]string{"left": `{"word":"a"}1`}
	run(map[string]string{"left": "d"}, "left") // its bytes are those of before: the end is not run
	force = true
	run(nil, "end", "left", "right", "top")
}

func TestExecuteSetsTheManifest(t *testing.T) {
	out := t.TempDir()
	if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1, Revision: "r1"}); err != nil {
		t.Fatal(err)
	}
	ends, err := filepath.Glob(filepath.Join(out, "steps", "end-*"))
	if err != nil || len(ends) != 1 {
		t.Fatal(ends, err)
	}
	d, err := dataset.Open(t.Context(), ends[0])
	if err != nil {
		t.Fatal(err)
	}
	m := d.Manifest
	if m.Stage != "fake.join" || m.StageVersion != 1 || m.Revision != "r1" || len(m.Inputs["from[0]"]) != 64 || len(m.Inputs) != 2 {
		t.Errorf("manifest %+v", m)
	}
}

// TestAGateGoesFirst: a step that is after a gate begins when the gate is open, is not
// begun where it is closed, and is not made again because the gate is another.
func TestAGateGoesFirst(t *testing.T) {
	gated := func(word string) *dags.DAG {
		text := strings.ReplaceAll("name: gated\nsteps:\n  end: {stage: fake.join, in: {from: [top]}, after: gate}\n  top: {stage: fake.make}\n  gate: {stage: fake.make, with: {word: WORD}}\n", "WORD", word)
		d, err := dags.Parse(stages.Default, "gated.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	closed := func(context.Context) error { return exit.Errorf(exit.BadData, "not fit") }
	o := Options{Out: filepath.Join(t.TempDir(), "out"), Workers: 4}
	f := &fake{before: map[string]func(context.Context) error{"gate": closed}}
	if err := Execute(t.Context(), stages.Default, gated("a"), f, o); exit.Of(err) != exit.BadData || slices.Contains(f.steps(), "end") {
		t.Errorf("the step behind a closed gate: %v", err)
	}
	f.before = nil
	for _, c := range []struct {
		word string
		ran  []string
	}{{"a", []string{"end", "gate"}}, {"b", []string{"gate"}}} {
		if err := Execute(t.Context(), stages.Default, gated(c.word), f, o); err != nil {
			t.Fatal(err)
		}
		if got := slices.DeleteFunc(f.steps(), func(step string) bool { return step == "top" }); !slices.Equal(got, c.ran) {
			t.Errorf("gate %s: ran %v, want %v", c.word, got, c.ran)
		}
	}
}

// meeting lets calls go on once n are there.
func meeting(n int) func(ctx context.Context) error {
	var mu sync.Mutex
	here, all := 0, make(chan struct{})
	return func(ctx context.Context) error {
		mu.Lock()
		if here++; here == n {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
			return nil
		case <-time.After(20 * time.Second):
			return errors.New("the others did not come")
		}
	}
}

func TestExecuteRunsSideBySide(t *testing.T) {
	both := meeting(2)
	f := &fake{before: map[string]func(context.Context) error{"left": both, "right": both}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: t.TempDir(), Workers: 2}); err != nil {
		t.Error(err)
	}
}

func TestExecuteKeepsToItsWorkers(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	count := func(context.Context) error {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	}
	f := &fake{before: map[string]func(context.Context) error{"left": count, "right": count, "top": count, "end": count}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: t.TempDir(), Workers: 1}); err != nil || most != 1 {
		t.Errorf("%d steps at once, %v; want 1", most, err)
	}
}

func TestFailureNamesTheStepAndCancelsTheRest(t *testing.T) {
	out := t.TempDir()
	both := meeting(2)
	f := &fake{before: map[string]func(context.Context) error{
		"left": func(ctx context.Context) error {
			return errors.Join(both(ctx), exit.Errorf(exit.BadData, "part 3: too many bad records"))
		},
		"right": func(ctx context.Context) error {
			if err := both(ctx); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		},
	}}
	err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: out, Workers: 2, Again: "clinflow run diamond.yaml"})
	const want = "step left: part 3: too many bad records\nto go on from here: clinflow run diamond.yaml"
	if err == nil || err.Error() != want || exit.Of(err) != exit.BadData {
		t.Fatalf("exit %d, %v", exit.Of(err), err)
	}
	if _, err := os.Stat(filepath.Join(out, "answer.txt")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("published after a failure: %v", err)
	}
	runs, err := ListRuns(t.Context(), out)
	if err != nil || len(runs) != 1 || runs[0].State != OutcomeFailed {
		t.Fatalf("%+v, %v", runs, err)
	}
	states := map[string]string{}
	for _, s := range runs[0].Steps {
		states[s.Step] = s.State
	}
	if diff := cmp.Diff(map[string]string{"top": "done", "left": "failed", "right": "cancelled"}, states); diff != "" {
		t.Error(diff)
	}
	f.before = nil
	f.steps()
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: out, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	if got := f.steps(); !slices.Equal(got, []string{"end", "left", "right"}) {
		t.Errorf("went on with %v", got)
	}
}

func TestInterruptionIsTold(t *testing.T) {
	out := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{before: map[string]func(context.Context) error{"left": func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}}}
	err := Execute(ctx, stages.Default, parse(t, nil), f, Options{Out: out, Workers: 1, Again: "again"})
	if exit.Of(err) != exit.Interrupted || !strings.HasSuffix(err.Error(), "to go on from here: again") {
		t.Errorf("exit %d, %v", exit.Of(err), err)
	}
	if runs, err := ListRuns(t.Context(), out); err != nil || runs[0].State != OutcomeInterrupted {
		t.Errorf("%+v, %v", runs, err)
	}
}

func TestPanicOfARunnerIsAnError(t *testing.T) {
	f := &fake{before: map[string]func(context.Context) error{"left": func(context.Context) error { panic("CANARY note text") }}}
	err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: t.TempDir(), Workers: 2})
	if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "step left") {
		t.Error(err)
	}
}

func TestPublishNamesAMissingFile(t *testing.T) {
	text := strings.Replace(diamond, "end.content", "end.metrics.json", 1)
	d, err := dags.Parse(stages.Default, "x.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = Execute(t.Context(), stages.Default, d, &fake{}, Options{Out: t.TempDir(), Workers: 2})
	const want = "publish answer.txt: step end left no file metrics.json; it left: content"
	if err == nil || err.Error() != want || exit.Of(err) != exit.Usage {
		t.Errorf("exit %d, %v", exit.Of(err), err)
	}
}

// A file of the user's own, or one that was changed by hand, is not written over,
// and the run says so before its first step.
func TestPublishWritesOverNothingOfTheUsers(t *testing.T) {
	out := t.TempDir()
	answer := filepath.Join(out, "answer.txt")
	run := func(set map[string]string) ([]string, error) {
		f := &fake{}
		err := Execute(t.Context(), stages.Default, parse(t, set), f, Options{Out: out, Workers: 1})
		return f.steps(), err
	}
	if err := os.WriteFile(answer, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ran, err := run(nil)
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "answer.txt") || len(ran) != 0 {
			t.Fatalf("ran %v, %v", ran, err)
		}
		if text, err := os.ReadFile(answer); string(text) != "mine" || err != nil {
			t.Fatalf("the file became %q, %v", text, err)
		}
	}
	if err := os.Remove(answer); err != nil {
		t.Fatal(err)
	}
	for _, set := range []map[string]string{nil, {"left": "c"}, {"left": "d"}, nil} { // its own file it replaces
		if _, err := run(set); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(answer, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(nil); exit.Of(err) != exit.Usage {
		t.Errorf("a file changed by hand: %v", err)
	}
}
