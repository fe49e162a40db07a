package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exportDAG makes patients to export, with canary words in their notes.
const exportDAG = `
name: export
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 30, canaries: true}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
`

// stepFolder is where a step's dataset lies.
func stepFolder(t *testing.T, out, step string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(out, "steps", step+"-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("folders of %s: %v %v", step, found, err)
	}
	return found[0]
}

// files are the names of all files below a folder.
func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*", "*/*"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if info, err := os.Stat(path); err != nil || !info.IsDir() {
				name, _ := filepath.Rel(folder, path)
				names = append(names, name)
			}
		}
	}
	return names
}

func TestExportMEDS(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "export.yaml"), exportDAG)
	clinflow(t, dir, 0, "run", "export.yaml", "--out", "out", "--quiet")
	out := filepath.Join(dir, "out")
	patients, split := stepFolder(t, out, "patients"), stepFolder(t, out, "split")

	r := clinflow(t, dir, 0, "export", "meds", patients, "--splits", split, "--out", "plain")
	noCanary(t, "the streams", r.all())
	if strings.Contains(r.stdout, "notes") {
		t.Errorf("of notes that are not asked for it tells %s", r.stdout)
	}
	noCanaryBelow(t, filepath.Join(dir, "plain"))
	want := []string{
		"data/part-00000-of-00002.parquet", "data/part-00001-of-00002.parquet",
		"metadata/codes.parquet", "metadata/dataset.json", "metadata/subject_splits.parquet",
	}
	if diff := cmp.Diff(want, files(t, filepath.Join(dir, "plain"))); diff != "" {
		t.Error(diff)
	}
	noCanary(t, "the streams with --notes", clinflow(t, dir, 0, "export", "meds", patients, "--notes", "--out", "text").all())

	clinflow(t, dir, 2, "export", "meds", patients, "--out", "plain") // not empty
	clinflow(t, dir, 2, "export", "meds", patients)
	clinflow(t, dir, 2, "export", "meds", split, "--out", "other")
	clinflow(t, dir, 2, "export", "meds", patients, "--splits", patients, "--out", "other")

	// Of a damaged input nothing is left that looks whole.
	damaged := filepath.Join(patients, "diagnoses", "part-00001-of-00002.parquet")
	if err := os.Truncate(damaged, 100); err != nil {
		t.Fatal(err)
	}
	clinflow(t, dir, 3, "export", "meds", patients, "--out", "half")
	if left := files(t, filepath.Join(dir, "half")); len(left) > 0 {
		t.Errorf("left of an export that failed: %q", left)
	}
}
