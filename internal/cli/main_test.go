package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/clinflow/clinflow/stages/builtin"
)

// TestMain lets the test's binary be clinflow: tests start it as a user starts
// the command, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("CLINFLOW_TEST_AS_COMMAND") != "" {
		os.Exit(Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// result is what a command left on its streams.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) all() string { return r.stdout + r.stderr }

// command prepares clinflow with arguments in a folder.
func command(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Args[0] = "clinflow" // the name that it tells to go on by
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CLINFLOW_TEST_AS_COMMAND=1")
	return cmd
}

func finish(t testing.TB, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// clinflow runs the command and wants an exit code.
func clinflow(t testing.TB, dir string, code int, args ...string) result {
	t.Helper()
	r := finish(t, command(t, dir, args...))
	if r.code != code {
		t.Fatalf("clinflow %s: exit code %d, want %d\n%s", strings.Join(args, " "), r.code, code, r.all())
	}
	return r
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
