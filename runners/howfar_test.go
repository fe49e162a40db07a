package runners

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	_ "github.com/clinflow/clinflow/internal/store/gs" // gs:// is known where it is linked
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/stages"
)

// counting is a runner whose steps say how far they are.
type counting struct {
	fake
	meanwhile func(step string)
}

func (c *counting) Run(ctx context.Context, job Job) error {
	task := job.Env.Progress.Start("rows of "+job.Step, "rows", 4)
	task.Add(1)
	c.meanwhile(job.Step)
	task.Done()
	return c.fake.Run(ctx, job)
}

// TestHowFarStepsAre: who looks at a run at work is told how far each of its steps at work
// is, and who follows it too; nothing is left of it.
func TestHowFarStepsAre(t *testing.T) {
	out := t.TempDir()
	status := regexp.MustCompile(`^1/4 rows, [0-9.e+]+/s, \S+ left$`)
	var text strings.Builder
	teller := Teller{W: &text}
	c := &counting{meanwhile: func(step string) {
		runs, err := ListRuns(t.Context(), out)
		if err != nil {
			t.Error(err)
			return
		}
		for _, s := range runs[0].Steps {
			if at := s.State == Running; at != status.MatchString(s.Progress) {
				t.Errorf("step %s, %s: %q", s.Step, s.State, s.Progress)
			}
		}
		var shown strings.Builder
		if err := runs[0].Write(&shown); err != nil || !strings.Contains(shown.String(), "running, 1/4 rows, ") {
			t.Errorf("shown: %s, %v", shown.String(), err)
		}
		if step == "end" {
			ctx, stop := context.WithCancel(t.Context())
			_ = Follow(ctx, out, "last", func(e Event) error {
				if e.Kind == StepAtWork {
					stop()
				}
				return teller.Tell(e)
			})
		}
	}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), c, Options{Out: out, Workers: 1, Runner: "direct"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "now 3/4 step at work: end, fake.join, 1/4 rows, ") {
		t.Errorf("followed: %s", text.String())
	}
	if _, err := os.Stat(filepath.Join(out, howFarName)); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
}

// TestWhatToldHowFarCannotBeRemoved: the run is done all the same, publishes, and the log
// says so.
func TestWhatToldHowFarCannotBeRemoved(t *testing.T) {
	bucket := gstest.New(t)
	var log bytes.Buffer
	env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
	o := Options{Out: gstest.URI("out"), Workers: 1, Runner: "direct", Notify: func(e Event) {
		if e.Kind == StepDone && e.Step == "end" {
			bucket.Fail(gstest.Fault{Of: "remove", Times: 1, Do: gstest.Status(http.StatusForbidden)})
		}
	}}
	if err := Execute(t.Context(), env, parse(t, nil), &counting{meanwhile: func(string) {}}, o); err != nil {
		t.Errorf("exit %d, %v", exit.Of(err), err)
	}
	dir, err := store.Open(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.ReadFile(t.Context(), dir, "answer.txt"); err != nil || bucket.Pending() > 0 {
		t.Errorf("%v, %d removals that should fail did not", err, bucket.Pending())
	}
	if !strings.Contains(log.String(), "stays until the next run") {
		t.Errorf("the log: %s", log.String())
	}
}

// TestHowFarAnotherRunWas: what a killed run left is of no other run.
func TestHowFarAnotherRunWas(t *testing.T) {
	out := t.TempDir()
	whileHeld(t, out, func() {
		const left = `{"run":"20260102-030405.000-abcd","steps":{"top":"3/4 rows"}}`
		if err := os.WriteFile(filepath.Join(out, howFarName), []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := FindRun(t.Context(), out, "last"); err != nil || r.State != Running || r.Steps[0].Progress != "" {
			t.Errorf("told of another run: %+v, %v", r, err)
		}
	})
}

// TestHowFarAStepOfTwoTasksIs: as far as the first, and what has ended is not told.
func TestHowFarAStepOfTwoTasksIs(t *testing.T) {
	dir, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	teller := newTeller(t.Context(), dir, "run", zerolog.Nop())
	told := func() string {
		r := RunRecord{ID: "run", Steps: []StepRecord{{Step: "train", State: Running}}}
		r.tellHowFar(t.Context(), dir)
		return r.Steps[0].Progress
	}
	for _, c := range []struct{ task, status, want string }{
		{"train", "1/9 steps", "1/9 steps"}, {"train on val", "1/2 examples", "1/9 steps"}, {"train", "2/9 steps", "2/9 steps"},
		{"train on val", "", "2/9 steps"}, {"more", "1 row", "2/9 steps"}, {"train", "", "1 row"}, {"more", "", ""},
	} {
		if teller.tell("train", c.task, c.status); told() != c.want {
			t.Errorf("after %s %q: %q, want %q", c.task, c.status, told(), c.want)
		}
	}
}
