package runners

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestARunThatWasTakenForGone shows its end once the journal has it.
func TestARunThatWasTakenForGone(t *testing.T) {
	const began, end = `{"time":"2026-01-02T03:04:05Z","event":"run started","dag":"d"}` + "\n", `{"time":"2026-01-02T03:04:08Z","event":"run ended","outcome":"done","seconds":3}` + "\n"
	for name, c := range map[string]struct {
		after time.Duration
		want  string
	}{
		"at once, for journals of killed runs are many": {time.Second, OutcomeInterrupted},
		"when it is looked at again":                    {goneFor, OutcomeDone},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := t.TempDir()
				journal := filepath.Join(out, runsFolder, "20260102-030405.000-abcd"+journalSuffix)
				if err := errors.Join(os.Mkdir(filepath.Dir(journal), 0o700), os.WriteFile(journal, []byte(began), 0o600)); err != nil {
					t.Fatal(err)
				}
				w, err := WatchRuns(out)
				if err != nil {
					t.Fatal(err)
				}
				look := func(want string) {
					t.Helper()
					if runs, err := w.Runs(t.Context()); err != nil || len(runs) != 1 || runs[0].State != want {
						t.Errorf("want %s: %+v, %v", want, runs, err)
					}
				}
				look(OutcomeInterrupted)
				if err := os.WriteFile(journal, []byte(began+end), 0o600); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.after)
				look(c.want)
			})
		})
	}
}
