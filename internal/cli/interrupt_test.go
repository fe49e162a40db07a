package cli

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// The first Ctrl-C ends the context, the second the process.
func TestASecondCtrlCEndsTheProcess(t *testing.T) {
	if os.Getenv("CLINFLOW_TEST_DEAF") != "" {
		deaf(t)
	}
	cmd := command(t, t.TempDir(), "-test.run", "^TestASecondCtrlCEndsTheProcess$")
	cmd.Env = append(os.Environ(), "CLINFLOW_TEST_DEAF=1")
	began := time.Now()
	r := finish(t, cmd)
	if r.code != 130 || time.Since(began) > 30*time.Second {
		t.Errorf("exit code %d after %s, want 130 at once:\n%s", r.code, time.Since(began), r.all())
	}
}

// deaf is a process that is busy with something that heeds no context.
func deaf(t *testing.T) {
	ctx, stop := untilInterrupted()
	defer stop()
	signal := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	signal()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatal("the first Ctrl-C did not end the context")
	}
	signal()
	time.Sleep(time.Minute)
	t.Fatal("the second Ctrl-C did not end the process")
}

func TestStoppingIsNoInterruption(t *testing.T) {
	ctx, stop := untilInterrupted()
	if ctx.Err() != nil {
		t.Error("ended before it was interrupted")
	}
	stop()
	if ctx.Err() == nil {
		t.Error("does not end with the command")
	}
}
