//go:build slow

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// formatsDAG makes each kind of table that clinflow writes, of the MIMIC-IV demo.
const formatsDAG = labelsDAG + `
  mimiciii: {stage: synth.mimiciii, with: {patients: 200}}
  patients_iii: {stage: ingest.mimiciii, in: {mimic: mimiciii}, with: {shards: 3}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 64}}
  baseline: {stage: train.baseline, in: {tokens: tokens, labels: los, split: split}, with: {splits: [test]}}
`

// python is the interpreter of the active environment, which has what
// oracle/requirements-formats.txt lists.
func python(t *testing.T) string {
	t.Helper()
	path := filepath.Join(os.Getenv("VIRTUAL_ENV"), "bin", "python")
	if err := exec.CommandContext(t.Context(), path, "-c", "import datasets, duckdb, meds, polars").Run(); err != nil {
		t.Skip("no active Python environment with oracle/requirements-formats.txt")
	}
	return path
}

// What is written opens in the libraries that its formats are promised for: Hugging
// Face datasets, polars and DuckDB find every row, and PyPI's meds validates labels and
// exports.
func TestSlowPythonOpensWhatIsWritten(t *testing.T) {
	interpreter := python(t)
	tables, err := filepath.Abs(mimicDemo)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "formats.yaml"), formatsDAG)
	clinflow(t, dir, 0, "run", "formats.yaml", "--out", "out", "--set", "attach="+tables, "--quiet")
	out := filepath.Join(dir, "out")
	patients, split := stepFolder(t, out, "patients"), stepFolder(t, out, "split")
	clinflow(t, dir, 0, "export", "meds", patients, "--splits", split, "--out", "plain")
	clinflow(t, dir, 0, "export", "meds", patients, "--notes", "--out", "text")

	clinflow(t, dir, 0, "export", "meds", stepFolder(t, out, "patients_iii"), "--notes", "--out", "iii")

	args := []string{"../../oracle/table_formats.py", filepath.Join(dir, "iii"), stepFolder(t, out, "patients_iii"), filepath.Join(dir, "plain"), filepath.Join(dir, "text"), patients, split}
	for _, step := range []string{"mor", "los", "pmv", "diag", "proc", "texts", "tokens", "baseline"} {
		args = append(args, stepFolder(t, out, step))
	}
	cmd := exec.CommandContext(t.Context(), interpreter, args...)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+t.TempDir())
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, want := range []string{"plain: a MEDS dataset of 100 patients", "text: a MEDS dataset of 100 patients", "iii: a MEDS dataset of 200 patients", "/labels: ", "/meds: ", "/texts: ", "/tokens: ", "/predictions: ", "/splits: ", "/notes: "} {
		if !strings.Contains(string(said), want) {
			t.Errorf("Python does not say %q:\n%s", want, said)
		}
	}
	t.Logf("%d tables opened", strings.Count(string(said), " files, "))
}
