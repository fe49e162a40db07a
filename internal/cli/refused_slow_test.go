//go:build slow && linux

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var holder = regexp.MustCompile(`another run is at work in .*: process (\d+) on "(.*)", since (\S+);`)

// stop stops a group and returns when it stands still.
func stop(t *testing.T, g *group) {
	t.Helper()
	g.signal(t, syscall.SIGSTOP)
	if err := unix.Waitid(unix.P_PID, g.cmd.Process.Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
}

// The first run is stopped while the second tries: a second that waited for it
// would wait forever, and what changes meanwhile the second has changed.
func TestSlowASecondRunIsRefused(t *testing.T) {
	u := runUndisturbed(t, dataFolder(t), "run", "data.yaml")
	dir := dataFolder(t)
	out := filepath.Join(dir, outFolder)
	began := time.Now().Truncate(time.Second)
	first := startTo(t, dir, "patients", u.args...)
	stop(t, first)
	defer first.signal(t, syscall.SIGKILL) // after a failure
	before, logs := outputs(t, out), outputs(t, filepath.Join(out, "runs"))
	for _, args := range [][]string{u.args, append([]string{"run", "--force-all"}, u.args[1:]...), {"demo", "--scale", "tiny", "--out", outFolder}} {
		second := clinflow(t, dir, 4, args...)
		told := holder.FindStringSubmatch(second.stderr)
		host, err := os.Hostname()
		if told == nil || told[1] != fmt.Sprint(first.cmd.Process.Pid) || told[2] != host || err != nil {
			t.Fatalf("told %q, %v:\n%s", told, err, second.stderr)
		}
		if since, err := time.Parse(time.RFC3339, told[3]); err != nil || since.Before(began) || since.After(time.Now()) {
			t.Errorf("since %s, %v", told[3], err)
		}
	}
	sameOutputs(t, before, outputs(t, out))
	sameOutputs(t, logs, outputs(t, filepath.Join(out, "runs")))
	first.signal(t, syscall.SIGCONT)
	if r := first.result(); r.code != 0 {
		t.Fatalf("the first run ended with %d:\n%s", r.code, withheld(r.stderr))
	}
	sameOutputs(t, u.files, outputs(t, out))
}

func TestSlowTheLockOfAKilledRunDoesNotStay(t *testing.T) {
	dir := dataFolder(t)
	u := runUndisturbed(t, dataFolder(t), "run", "data.yaml")
	g := startTo(t, dir, "patients", u.args...)
	g.signal(t, syscall.SIGKILL)
	<-g.ended
	if read(t, dir, outFolder, "runs", "lock") == "" {
		t.Error("the killed run did not leave its name in the lock file")
	}
	clinflow(t, dir, 0, u.args...)
	sameOutputs(t, u.files, outputs(t, filepath.Join(dir, outFolder)))
}
