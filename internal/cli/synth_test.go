package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// attachDAG writes notes for the tables of a tree and labels them.
const attachDAG = `
name: attach
steps:
  mimic: {stage: synth.mimiciv, with: {attach: given, radiology_per_admission: 1}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  mortality: {stage: label.mortality, in: {patients: patients}}
`

func TestSynthAttach(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "8", "--out", "given")
	r := clinflow(t, dir, 0, "synth", "--attach", "given", "--out", "attached")
	if !strings.Contains(r.stdout, "note/discharge.csv.gz: ") || !strings.Contains(r.stdout, "hosp/patients.csv.gz: 8\n") {
		t.Errorf("printed %q", r.stdout)
	}
	if read(t, dir, "given/hosp/admissions.csv.gz") != read(t, dir, "attached/hosp/admissions.csv.gz") {
		t.Error("the admissions are no copy")
	}
	for _, args := range [][]string{
		{"--attach", "given", "--out", "given"}, {"--attach", "given", "--out", "given/notes"}, {"--attach", "nowhere", "--out", "attached"},
	} {
		if r := clinflow(t, dir, 2, append([]string{"synth"}, args...)...); strings.Count(r.stderr, "error:") != 1 {
			t.Errorf("%v: want one error, got %q", args, r.stderr)
		}
	}
	rewrite(t, filepath.Join(dir, "given/icu/icustays.csv.gz"), func(text string) string { return text + "1,2," + secret + ",,,,,\n" })
	r = clinflow(t, dir, 3, "synth", "--attach", "given", "--out", "again")
	if !strings.Contains(r.stderr, "icu/icustays.csv.gz: row ") {
		t.Errorf("the error names no row: %s", withheld(r.stderr))
	}
	noCanary(t, "the error", r.all())
	if _, err := os.Stat(filepath.Join(dir, "again")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed synth left its folder: %v", err)
	}
}

// TestSynthOfMimicIII: its files, its quirks with their counts, and the lists.
func TestSynthOfMimicIII(t *testing.T) {
	dir := t.TempDir()
	printed := clinflow(t, dir, 0, "synth", "--release", "mimiciii", "--patients", "40", "--core-lists", "--out", "three").stdout
	for _, says := range []string{"PATIENTS.csv.gz: 40\n", "core_lists/mimic_train.csv: ", "quirk heading_twice: 1\n"} {
		if !strings.Contains(printed, says) {
			t.Errorf("printed no %q in %q", says, printed)
		}
	}
	printed = clinflow(t, dir, 0, "synth", "--release", "mimiciii", "--attach", "three", "--out", "attached").stdout
	if !strings.Contains(printed, "PATIENTS.csv.gz: 40\n") || strings.Contains(printed, "quirk newborn") {
		t.Errorf("attached: printed %q", printed)
	}
	for _, args := range [][]string{{"--release", "mimicii"}, {"--core-lists"}, {"--release", "mimiciii", "--patients", "20000"}} {
		if r := clinflow(t, dir, 2, append([]string{"synth", "--out", "refused"}, args...)...); strings.Count(r.stderr, "error:") != 1 {
			t.Errorf("%v: want one error, got %q", args, r.stderr)
		}
	}
}

// TestSynthWritesOverNothing: what lies in the folder could be real tables.
func TestSynthWritesOverNothing(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "8", "--out", "given")
	before := read(t, dir, "given/hosp/patients.csv.gz")
	if r := clinflow(t, dir, 2, "synth", "--patients", "9", "--out", "given"); !strings.Contains(r.stderr, "given is not empty") {
		t.Errorf("printed %s", r.stderr)
	}
	if read(t, dir, "given/hosp/patients.csv.gz") != before {
		t.Error("the tables were written over")
	}
	for _, folder := range []string{".git", "empty"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, out := range []string{"new", "empty"} {
		r := clinflow(t, dir, 2, "synth", "--attach", "given", "--out", out)
		if !strings.Contains(r.stderr, "which does not ignore it") {
			t.Errorf("inside a git work tree: %s", r.stderr)
		}
	}
	write(t, filepath.Join(dir, ".gitignore"), "/empty/\n")
	clinflow(t, dir, 0, "synth", "--patients", "8", "--out", "empty")
}

// A step that attaches is done until a table changes.
func TestAttachedTablesAreInputs(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "8", "--out", "given")
	write(t, filepath.Join(dir, "attach.yaml"), attachDAG)
	clinflow(t, dir, 0, "run", "attach.yaml", "--out", "out")
	if r := clinflow(t, dir, 0, "plan", "attach.yaml", "--out", "out"); !strings.Contains(r.stdout, "0 of 3 steps will run") {
		t.Errorf("unchanged: %s", r.stdout)
	}
	rewrite(t, filepath.Join(dir, "given/hosp/diagnoses_icd.csv.gz"), func(text string) string {
		return text[:strings.LastIndex(text[:len(text)-1], "\n")+1]
	})
	if r := clinflow(t, dir, 0, "plan", "attach.yaml", "--out", "out"); !strings.Contains(r.stdout, "3 of 3 steps will run") || !strings.Contains(r.stdout, "attach") {
		t.Errorf("a changed table: %s", r.stdout)
	}
	if r := clinflow(t, dir, 2, "run", "attach.yaml", "--out", "given/out"); !strings.Contains(r.stderr, "lies in the attached folder") {
		t.Errorf("an output inside the attached folder: %s", r.stderr)
	}
}

func TestSynthHelp(t *testing.T) {
	help := clinflow(t, t.TempDir(), 0, "synth", "--help").stdout
	for _, says := range []string{"--attach", "DIR is only read", "not exactly it", "--patients is ignored"} {
		if !strings.Contains(help, says) {
			t.Errorf("the help does not say %q", says)
		}
	}
}
