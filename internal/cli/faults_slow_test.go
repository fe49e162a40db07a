//go:build slow

package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// faultsDAG reads a tree of MIMIC-IV and labels it.
const faultsDAG = `
name: faults
vars: {max_bad_fraction: 0.001}
steps:
  patients: {stage: ingest.mimiciv, with: {root: tree, shards: 2, max_bad_fraction: ${max_bad_fraction}}}
  mortality: {stage: label.mortality, in: {patients: patients}}
`

// soundTree makes a folder with a small tree, for cases to damage, and faultsDAG.
func soundTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "40", "--out", "tree")
	write(t, filepath.Join(dir, "faults.yaml"), faultsDAG)
	return dir
}

// succeeds runs the DAG in a folder and returns the run's output folder.
func succeeds(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	out := t.TempDir()
	r := clinflow(t, dir, 0, append([]string{"run", "faults.yaml", "--quiet", "--out", out}, flags...)...)
	noCanary(t, "the streams", r.all())
	noCanaryBelow(t, out)
	return out
}

// fails runs the DAG in a folder and wants an exit code, one error that says all
// the words and no text, and no dataset.
func fails(t *testing.T, dir string, code int, says ...string) result {
	t.Helper()
	out := t.TempDir()
	r := clinflow(t, dir, code, "run", "faults.yaml", "--quiet", "--out", out)
	oneError(t, r, says...)
	noCanaryBelow(t, out)
	noDataset(t, out)
	return r
}

// oneError wants one error that says all the words and no text.
func oneError(t *testing.T, r result, says ...string) {
	t.Helper()
	if strings.Count(r.stderr, "error:") != 1 || strings.Contains(r.stderr, "goroutine ") {
		t.Errorf("want one error, got:\n%s", withheld(r.stderr))
	}
	for _, words := range says {
		if !strings.Contains(r.stderr, words) {
			t.Errorf("the error does not say %q:\n%s", words, withheld(r.stderr))
		}
	}
	noCanary(t, "the streams", r.all())
}

// fingerprint ends the name of a step's folder. It follows the bytes of the
// inputs, also where they give the same rows.
var fingerprint = regexp.MustCompile(`-[0-9a-f]{16}/`)

// rowsBelow digests the parts below an output folder, by step, table and part.
func rowsBelow(t *testing.T, out string) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for name, digest := range outputs(t, out) {
		if filepath.Ext(name) == ".parquet" {
			digests[fingerprint.ReplaceAllString(name, "/")] = digest
		}
	}
	return digests
}

func sameRows(t *testing.T, what string, want, got map[string]string) {
	t.Helper()
	if !maps.Equal(want, got) {
		t.Errorf("%s: the rows are not those of an undisturbed run", what)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
