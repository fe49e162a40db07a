package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var toGoOn = regexp.MustCompile(`(?m)^to go on from here: (.*)$`)

// wayOn is what a run that ended early says to type.
func wayOn(t testing.TB, r result) string {
	t.Helper()
	found := toGoOn.FindAllStringSubmatch(r.stderr, -1)
	if len(found) != 1 {
		t.Fatalf("%d ways to go on in:\n%s", len(found), withheld(r.stderr))
	}
	return found[0][1]
}

// typeIn gives a line to a shell that finds clinflow on its path.
func typeIn(t testing.TB, dir, line string) result {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(bin, "clinflow")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CLINFLOW_TEST_AS_COMMAND=1", "PATH="+bin)
	return finish(t, cmd)
}

func TestTheWayOnCanBeTyped(t *testing.T) {
	dir := t.TempDir()
	name := "it's panicky $HOME.yaml"
	write(t, filepath.Join(dir, name), panickyDAG)
	first := clinflow(t, dir, 1, "--workers", "2", "run", name, "--out", "my out")
	second := typeIn(t, dir, wayOn(t, first))
	if second.code != 1 || wayOn(t, second) != wayOn(t, first) {
		t.Errorf("typed, it ended with %d:\n%s", second.code, withheld(second.all()))
	}
	if n := strings.Count(second.stderr, "its output is there"); n != 2 {
		t.Errorf("%d steps were there already, want 2:\n%s", n, withheld(second.stderr))
	}
	other := command(t, dir, "run", name, "--out", "my out")
	other.Args[0] = "/opt/hospital" // a program with stages of its own
	if way := wayOn(t, finish(t, other)); !strings.HasPrefix(way, "hospital run ") {
		t.Errorf("another program says to go on by %q", way)
	}
}
