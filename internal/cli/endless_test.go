package cli

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Whatever a command waits for, it ends within a second of the first interruption.
func TestWaitingForInputIsInterrupted(t *testing.T) {
	stories, err := filepath.Abs("../../stages/train/model/testdata/stories260K")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A command that is interrupted before it listens is killed: let it start first,
	// also on a busy machine.
	began := time.Now()
	clinflow(t, dir, 0, "version")
	toStart := 300*time.Millisecond + 2*time.Since(began)
	for _, args := range [][]string{
		{"lint", "fifo"}, {"plan", "fifo"}, {"run", "fifo"}, {"lint", "/dev/stdin"},
		{"inspect", "auroc"}, {"inspect", "encode", "--tokenizer", stories}, {"inspect", "logits", "--model", stories},
	} {
		for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			cmd := command(t, dir, args...)
			open, err := cmd.StdinPipe() // nobody closes it
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(toStart)
			start := time.Now()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			hung := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			hung.Stop()
			if code := cmd.ProcessState.ExitCode(); code != 130 || time.Since(start) > time.Second {
				t.Errorf("%v after %v: exit code %d after %s", args, signal, code, time.Since(start))
			}
		}
	}
}

func TestEndlessFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "data", "manifest.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	bases(t, dir)
	for base, name := range map[string]string{"one": "config.json", "two": "model.safetensors"} {
		if err := os.Remove(filepath.Join(dir, base, name)); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(dir, base, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"lint", "/dev/zero"}, {"run", "/dev/zero"}, {"verify", "data"}, {"cat", "data"}, {"inspect", "logits", "--model", "one"},
		{"inspect", "logits", "--model", "two"},
		{"plan", "two-step", "--set", "base=one"}, {"plan", "two-step", "--set", "base=two"},
	} {
		clinflow(t, dir, 2, args...)
	}
}
