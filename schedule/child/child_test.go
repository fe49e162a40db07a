//go:build unix

package child

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/schedule"
)

// TestInterrupt: an attempt without an end in its journal is at work where whoever has the
// output folder's lock took it before. What somebody began since is not ended.
func TestInterrupt(t *testing.T) {
	const begun = `{"time":"2026-01-02T03:04:05Z","event":"run started","dag":"x","scheduled":"x@2026-01-02T03:00Z","attempt":2}` + "\n"
	const over = begun + `{"time":"2026-01-02T04:04:05Z","event":"run ended","outcome":"done"}` + "\n"
	began, here := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), store.Self().Host
	for name, c := range map[string]struct {
		journal string
		attempt int
		taken   time.Time // when the lock was
		host    string
		want    syscall.Signal // that ends its holder: SIGKILL is this test's
	}{
		"the attempt is at work":                {begun, 2, began.Add(-time.Second), here, syscall.SIGTERM},
		"it died, and somebody began a run":     {begun, 2, began.Add(6 * time.Hour), here, syscall.SIGKILL},
		"it ended, and somebody began a run":    {over, 2, began.Add(6 * time.Hour), here, syscall.SIGKILL},
		"another attempt":                       {begun, 1, began.Add(-time.Second), here, syscall.SIGKILL},
		"the attempt is at work, not over here": {begun, 2, began.Add(-time.Second), here + "2", syscall.SIGKILL},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			err := errors.Join(os.Mkdir(dir+"/runs", 0o700), os.WriteFile(dir+"/runs/20260102-030405.000-abcd.jsonl", []byte(c.journal), 0o600))
			if err != nil {
				t.Fatal(err)
			}
			out, err := store.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			holder := exec.Command("sleep", "60")
			if err := holder.Start(); err != nil {
				t.Fatal(err)
			}
			text := store.Holder{Process: holder.Process.Pid, Host: c.host, Started: c.taken}.String()
			_, unlock, _, err := store.TryLock(t.Context(), out, "runs/lock", text)
			if err != nil || unlock == nil {
				t.Fatal(err)
			}
			defer unlock()
			r, err := New(out, nil, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			a := schedule.Attempt{Run: "x@2026-01-02T03:00Z", Number: c.attempt}
			working, err := r.AtWork(t.Context(), a)
			if err := errors.Join(err, r.Interrupt(t.Context(), a)); err != nil || working != (c.want == syscall.SIGTERM) {
				t.Errorf("at work: %v, %v", working, err)
			}
			if err := holder.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			_ = holder.Wait() // its state says how it ended
			if code := codeOf(holder.ProcessState); code != -int(c.want) {
				t.Errorf("ended by signal %d, want %d", -code, c.want)
			}
		})
	}
}
