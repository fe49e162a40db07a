//go:build slow || proof

package cli

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// group is clinflow in a process group of its own, as a terminal starts it.
type group struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer // to be read after the end
	ended  chan struct{}
}

// start runs a command; watch, where it is not nil, gets its standard error too.
func start(t testing.TB, dir string, watch io.Writer, args ...string) *group {
	t.Helper()
	g := &group{cmd: command(t, dir, args...), ended: make(chan struct{})}
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	g.cmd.Stderr = &g.stderr
	if watch != nil {
		g.cmd.Stderr = io.MultiWriter(&g.stderr, watch)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = g.cmd.Wait() // how it ended is in its state
		close(g.ended)
	}()
	return g
}

func (g *group) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(-g.cmd.Process.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
}

func (g *group) result() result {
	<-g.ended
	return result{stderr: g.stderr.String(), code: g.cmd.ProcessState.ExitCode()}
}

// killAfter kills the group at a moment, and says whether it came before its end.
func (g *group) killAfter(t testing.TB, moment time.Duration) bool {
	t.Helper()
	select {
	case <-g.ended:
	case <-time.After(moment):
		g.signal(t, syscall.SIGKILL)
		<-g.ended
	}
	if !g.cmd.ProcessState.Exited() {
		return true
	}
	if code := g.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("not killed, it ended with %d:\n%s", code, withheld(g.stderr.String()))
	}
	return false
}
