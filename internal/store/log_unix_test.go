//go:build unix

package store

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestALineWithoutRoomIsTakenBack: what a disk that is full took of a line is no beginning of
// the next one. A limit on the size of files stands for the disk, in a process of its own.
func TestALineWithoutRoomIsTakenBack(t *testing.T) {
	const folder = "CLINFLOW_TEST_LOG"
	if dir := os.Getenv(folder); dir != "" {
		fillALog(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), folder+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if want := line("a") + line("c"); err != nil || string(text) != want {
		t.Errorf("the log is %q, %v", text, err)
	}
}

func line(of string) string { return strings.Repeat(of, 59) + "\n" }

func fillALog(t *testing.T, folder string) {
	signal.Ignore(syscall.SIGXFSZ)
	dir, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	log, err := StartLog(t.Context(), dir, "log")
	if err != nil {
		t.Fatal(err)
	}
	room := func(bytes uint64) error {
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: math.MaxUint64})
	}
	if err := errors.Join(log.Append([]byte(line("a"))), room(100)); err != nil {
		t.Fatal(err)
	}
	if log.Append([]byte(line("b"))) == nil {
		t.Error("a line for which there is no room is written")
	}
	if err := errors.Join(room(math.MaxUint64), log.Append([]byte(line("c"))), log.Close()); err != nil {
		t.Fatal(err)
	}
}
