package runners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages"
)

// TestARunIsFollowed: who follows a run from its middle is told of its beginning too, and
// of its end when it ends.
func TestARunIsFollowed(t *testing.T) {
	out := t.TempDir()
	var text strings.Builder
	followed := make(chan error, 1)
	f := &fake{before: map[string]func(context.Context) error{"end": func(ctx context.Context) error {
		runs, err := ListRuns(ctx, out)
		if err != nil || runs[0].State != Running || runs[0].Steps[3].State != Running || len(runs[0].Outline) != 4 {
			t.Errorf("a run at work: %+v, %v", runs, err)
		}
		began := make(chan struct{})
		teller := Teller{W: &text}
		go func() {
			followed <- Follow(t.Context(), out, "last", func(e Event) error {
				if e.Step == "end" && e.Kind == StepStarted {
					close(began)
				}
				return teller.Tell(e)
			})
		}()
		<-began
		return nil
	}}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: out, Workers: 1, Runner: "direct"}); err != nil {
		t.Fatal(err)
	}
	if err := <-followed; err != nil {
		t.Fatal(err)
	}
	const want = `TIME 0/4 run RUN of diamond (diamond.yaml) started: direct, 1 side by side
TIME 0/4 step started: top, fake.make, never ran
TIME 1/4 step done: top, fake.make, took 1s, kept=10
TIME 1/4 step started: side, fake.join, never ran
TIME 2/4 step done: side, fake.join, took 1s, kept=10
TIME 2/4 step started: side, fake.join, never ran
TIME 3/4 step done: side, fake.join, took 1s, kept=10
TIME 3/4 step started: end, fake.join, never ran
TIME 4/4 step done: end, fake.join, took 1s, kept=10
TIME 4/4 published answer.txt
TIME 4/4 published plots/left.txt
TIME 4/4 run RUN ended: done, took 1s
`
	told := anyCount.ReplaceAllString(anySide.ReplaceAllString(settled(text.String()), ": side,"), "kept=10")
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// TestAKilledRunIsNotAtWork: the lock tells, whatever runs after it.
func TestAKilledRunIsNotAtWork(t *testing.T) {
	out := t.TempDir()
	killed := filepath.Join(out, runsFolder, "20260102-030405.000-abcd"+journalSuffix)
	const begun = `{"time":"2026-01-02T03:04:05Z","event":"run started","dag":"diamond"}` + "\n" + `{"time":"2026-01-02T03:04:05Z","event":"step started","step":"top"}` + "\n"
	if err := errors.Join(os.Mkdir(filepath.Dir(killed), 0o700), os.WriteFile(killed, []byte(begun), 0o600)); err != nil {
		t.Fatal(err)
	}
	interrupted := func() {
		r, err := FindRun(t.Context(), out, "20260102")
		if err != nil || r.State != OutcomeInterrupted || r.Steps[0].State != OutcomeInterrupted {
			t.Errorf("a killed run: %+v, %v", r, err)
		}
		var text strings.Builder
		teller := Teller{W: &text}
		if err := Follow(t.Context(), out, "20260102", teller.Tell); err != nil || !strings.HasSuffix(text.String(), "ended: interrupted, its process ended without a word\n") {
			t.Errorf("followed: %q, %v", text.String(), err)
		}
	}
	interrupted()
	whileHeld(t, out, interrupted)
}
