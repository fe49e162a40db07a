package runners

import (
	"context"
	"errors"
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

type mapped struct{}

func (mapped) Part(context.Context, stages.Inputs, int, *dataset.PartWriter) error { return nil }

func init() {
	stages.RegisterMap(stages.Spec{
		Name: "fake.map", Version: 1, Doc: "Maps.", Out: stages.Output{Kind: "model"},
		In: []stages.Port{{Name: "from", Kind: "model", Many: true}},
	}, func(_ *stages.Environment, _ idleConfig) (stages.Map, error) { return mapped{}, nil })
}

// level is a LevelRunner over fake.
type level struct {
	fake
	alone    string // a step that does not join
	panics   bool   // when steps run together
	patience time.Duration
	mu       sync.Mutex
	jobs     []string
}

func (l *level) Joins(_ context.Context, job Job) bool { return job.Step != l.alone }
func (l *level) Patience() time.Duration               { return l.patience }

func (l *level) RunTogether(ctx context.Context, jobs []Job) []error {
	var names []string
	if l.panics {
		panic("a patient's words")
	}
	errs := make([]error, len(jobs))
	for i, job := range jobs {
		names = append(names, job.Step)
		errs[i] = l.Run(ctx, job)
	}
	slices.Sort(names)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs = append(l.jobs, strings.Join(names, " "))
	return errs
}

// ran is how many jobs have run.
func (l *level) ran() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.jobs)
}

const levels = `name: levels
steps:
  top: {stage: fake.make}
  a: {stage: fake.map, in: {from: [top]}}
  b: {stage: fake.map, in: {from: [top]}}
  c: {stage: fake.map, in: {from: [top]}}
  slow: {stage: fake.join, in: {from: [top]}}
  ab: {stage: fake.map, in: {from: [a, b]}}
  bc: {stage: fake.map, in: {from: [b, c]}}
  d: {stage: fake.map, in: {from: [slow]}}
`

func parseLevels(t *testing.T) *dags.DAG {
	t.Helper()
	d, err := dags.Parse(stages.Default, "levels.yaml", []byte(levels), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestStepsThatAreReadyTogetherAreOneJob(t *testing.T) {
	for name, c := range map[string]struct {
		l     *level
		after int // jobs, after which the slow step ends
		want  []string
	}{
		"work of this process is waited for":       {&level{patience: time.Hour}, 0, []string{"a b c d", "ab bc"}},
		"but not for ever":                         {&level{patience: time.Millisecond}, 2, []string{"a b c", "ab bc", "d"}},
		"a step alone is of no job":                {&level{patience: time.Hour, alone: "b"}, 0, []string{"a c d", "ab bc"}},
		"one that all wait for is of none neither": {&level{patience: time.Hour, alone: "d"}, 0, []string{"a b c", "ab bc"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, out := c.l, t.TempDir()
			l.before = map[string]func(context.Context) error{"slow": func(context.Context) error {
				for end := time.Now().Add(time.Minute); l.ran() < c.after && time.Now().Before(end); time.Sleep(time.Millisecond) {
				}
				return nil
			}}
			if err := Execute(t.Context(), stages.Default, parseLevels(t), l, Options{Out: out, Workers: 1}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, l.jobs); diff != "" {
				t.Error(diff)
			}
			l.jobs = nil
			if err := Execute(t.Context(), stages.Default, parseLevels(t), l, Options{Out: out, Workers: 1}); err != nil || len(l.jobs) > 0 {
				t.Errorf("again: %v, %v", l.jobs, err)
			}
		})
	}
}

// Every step of a job that failed by its own fault is told with it, and what is whole is
// kept and not run again.
func TestEachStepOfAJobIsToldOfByItself(t *testing.T) {
	out, fault := t.TempDir(), func(what string) func(context.Context) error {
		return func(context.Context) error { return exit.Errorf(exit.BadData, "%s", what) }
	}
	l := &level{patience: time.Hour}
	l.before = map[string]func(context.Context) error{"a": fault("first"), "c": fault("second")}
	err := Execute(t.Context(), stages.Default, parseLevels(t), l, Options{Out: out, Workers: 1})
	if exit.Of(err) != exit.BadData {
		t.Fatalf("exit %d, %v", exit.Of(err), err)
	}
	run, err := FindRun(t.Context(), out, "last")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, s := range run.Steps {
		told[s.Step] = s.State + " " + s.Error
	}
	want := map[string]string{"top": "done ", "slow": "done ", "a": "failed first", "b": "done ", "c": "failed second", "d": "done "}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	l.before, l.jobs = nil, nil
	if err := Execute(t.Context(), stages.Default, parseLevels(t), l, Options{Out: out, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a c", "ab bc"}, l.jobs); diff != "" {
		t.Error(diff)
	}
}

// An interrupted run takes back the steps whose job has not begun.
func TestAnInterruptedRunBeginsNoJob(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	l := &level{patience: time.Hour}
	l.before = map[string]func(context.Context) error{"slow": func(ctx context.Context) error {
		interrupt()
		<-ctx.Done()
		return ctx.Err()
	}}
	err := Execute(ctx, stages.Default, parseLevels(t), l, Options{Out: t.TempDir(), Workers: 1})
	if exit.Of(err) != exit.Interrupted || !errors.Is(context.Cause(ctx), context.Canceled) || len(l.jobs) > 0 {
		t.Errorf("exit %d, %v, jobs %v", exit.Of(err), err, l.jobs)
	}
}

// A panic where steps are run together ends the run as that of a step by itself does:
// with an error that does not hold its value.
func TestAPanicOfStepsTogetherIsTheirError(t *testing.T) {
	l := &level{patience: time.Hour, panics: true}
	err := Execute(t.Context(), stages.Default, parseLevels(t), l, Options{Out: t.TempDir(), Workers: 1})
	if err == nil || !strings.Contains(err.Error(), "steps that run together: internal error") || strings.Contains(err.Error(), "words") {
		t.Errorf("got %v", err)
	}
}
