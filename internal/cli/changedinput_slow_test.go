//go:build slow

package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An input may change while a step reads it. Then what was read is not what the
// step's fingerprint was taken of, and no dataset may be left under it.
func TestSlowInputChangedDuringTheRun(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "6000", "--out", "tree")
	write(t, filepath.Join(dir, "faults.yaml"), faultsDAG)
	path, other := filepath.Join(dir, dischargeGzip), filepath.Join(dir, "other.csv.gz")
	whole := read(t, path)
	text := unzipped(t, path)
	ends := recordEnds(t, text)
	more := zipped(t, "9"+text[ends[len(ends)-2]:]) // a record of another id
	for _, tt := range []struct {
		name   string
		change func() error
		codes  []int
	}{
		{"removed", func() error { return os.Remove(path) }, []int{2}},
		{"cut short", func() error { return os.Truncate(path, int64(len(whole)/2)) }, []int{3, 4}},
		{"written over by a longer one", func() error { return os.WriteFile(path, []byte(whole+more), 0o600) }, []int{3, 4}},
		{"another file under its name", func() error { return os.Rename(other, path) }, []int{4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, path, whole)
			write(t, other, zipped(t, header(text)))
			out := t.TempDir()
			r := during(t, command(t, dir, "run", "faults.yaml", "--workers", "1", "--out", out), "step started", tt.change)
			if !slices.Contains(tt.codes, r.code) {
				t.Errorf("exit code %d, want one of %v", r.code, tt.codes)
			}
			oneError(t, r, "note/discharge.csv.gz")
			noCanaryBelow(t, out)
			noDataset(t, out)
		})
	}
	write(t, path, whole)
	succeeds(t, dir)
}

// during runs a command and changes something when standard error first shows the
// words.
func during(t *testing.T, cmd *exec.Cmd, words string, change func() error) result {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r, changed := result{}, false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		r.stderr += lines.Text() + "\n"
		if changed || !strings.Contains(lines.Text(), words) {
			continue
		}
		changed = true
		if err := change(); err != nil {
			t.Error(err)
		}
	}
	_ = cmd.Wait() // the exit code says it
	r.code = cmd.ProcessState.ExitCode()
	if !changed {
		t.Fatalf("nothing was said of %q:\n%s", words, withheld(r.stderr))
	}
	return r
}
