package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputsOfAGroup: a folder that a group may write to is refused, and taken by
// --group, whose outputs the group can read and nobody else.
func TestOutputsOfAGroup(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "8", "--out", "given")
	write(t, filepath.Join(dir, "attach.yaml"), attachDAG)
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(out, 0o770); err != nil {
		t.Fatal(err)
	}
	if r := clinflow(t, dir, 2, "run", "attach.yaml", "--out", "out"); !strings.Contains(r.stderr, "--group") {
		t.Errorf("printed %s", r.stderr)
	}
	clinflow(t, dir, 0, "run", "attach.yaml", "--out", "out", "--group")
	err := filepath.WalkDir(out, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == out {
			return err
		}
		info, err := entry.Info()
		want := fs.FileMode(0o640)
		if entry.IsDir() {
			want = 0o750
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s: mode %04o, want %04o", entry.Name(), info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRunnersLeaveNothingBehind: Beam's prism does not remove its temporary files.
func TestRunnersLeaveNothingBehind(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "made.yaml"), "name: made\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}\n")
	for _, runner := range []string{"direct", "prism"} {
		cmd := command(t, dir, "run", "made.yaml", "--out", runner, "--runner", runner)
		cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
		if r := finish(t, cmd); r.code != 0 {
			t.Fatalf("%s: exit code %d: %s", runner, r.code, r.stderr)
		}
		for _, folder := range []string{temporary, filepath.Join(dir, runner, "cache")} {
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if entry.Name() != "digests.json" {
					t.Errorf("%s left %s", runner, fmt.Sprint(entry))
				}
			}
		}
	}
}
