//go:build slow

package cli

import (
	"bytes"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// watch waits for a line of a log.
type watch struct {
	line *regexp.Regexp
	seen chan struct{}
	once sync.Once
	text bytes.Buffer
}

func watchFor(step string) *watch {
	return &watch{line: regexp.MustCompile(`step started .*\bstep=` + step + `\b`), seen: make(chan struct{})}
}

func (w *watch) Write(p []byte) (int, error) {
	w.text.Write(p)
	if w.line.Match(w.text.Bytes()) {
		w.once.Do(func() { close(w.seen) })
	}
	return len(p), nil
}

// startTo starts a command and returns when it is at work on a step.
func startTo(t *testing.T, dir, step string, args ...string) *group {
	t.Helper()
	w := watchFor(step)
	g := start(t, dir, w, args...)
	select {
	case <-w.seen:
	case <-g.ended:
		t.Fatalf("it ended before the step %s:\n%s", step, withheld(g.result().stderr))
	}
	return g
}

func TestSlowInterruptedRunSaysHowToGoOn(t *testing.T) {
	data := runUndisturbed(t, dataFolder(t), "run", "data.yaml")
	tiny := runUndisturbed(t, t.TempDir(), "demo", "--scale", "tiny")
	for step, u := range map[string]undisturbed{"mimic": data, "patients": data, "corpus": data, "base": tiny, "clinical": tiny} {
		t.Run(step, func(t *testing.T) {
			dir := dataFolder(t)
			g := startTo(t, dir, step, u.args...)
			interrupted := time.Now()
			g.signal(t, syscall.SIGINT)
			r := g.result()
			t.Logf("ended %s later", time.Since(interrupted).Round(time.Millisecond))
			if r.code != 130 {
				t.Errorf("exit code %d, want 130:\n%s", r.code, withheld(r.stderr))
			}
			if cancelled := inState(t, filepath.Join(dir, outFolder), "cancelled"); cancelled[step] == "" {
				t.Errorf("the steps %v were interrupted, not %s", cancelled, step)
			}
			if again := typeIn(t, dir, wayOn(t, r)); again.code != 0 {
				t.Fatalf("what it said to type ended with %d:\n%s", again.code, withheld(again.all()))
			}
			sameOutputs(t, u.files, outputs(t, filepath.Join(dir, outFolder)))
		})
	}
}
