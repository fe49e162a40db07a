package ingest_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

func TestMissingFilesAreNamedTogether(t *testing.T) {
	root := newTree().write(t)
	for _, file := range []string{"hosp/patients.csv.gz", "note/radiology.csv.gz"} {
		if err := os.Remove(filepath.Join(root, file)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := stagetest.Try(t, "ingest.mimiciv", config(root), nil)
	checkError(t, err, exit.Usage, filepath.Join(root, "hosp/patients.csv.gz"), filepath.Join(root, "note/radiology.csv.gz"))
}

func TestWhereFilesAreLookedFor(t *testing.T) {
	whole := newTree()
	hosp, note, plain := tree{}, tree{}, newTree()
	for file, text := range whole {
		if strings.HasPrefix(file, "note/") {
			note[file] = text
		} else {
			hosp[file] = text
		}
	}
	want := stagetest.Run(t, "ingest.mimiciv", config(whole.write(t)), nil).Manifest.Digest()

	split := fmt.Sprintf("{root: %q, note_root: %q, shards: 1, chartevents: true}", hosp.write(t), note.write(t))
	if got := stagetest.Run(t, "ingest.mimiciv", split, nil).Manifest.Digest(); got != want {
		t.Error("note_root gives other rows")
	}
	root := plain.write(t)
	path := filepath.Join(root, "hosp", "patients.csv")
	writeFile(t, path, []byte(plain["hosp/patients"]))
	if err := os.Remove(path + ".gz"); err != nil {
		t.Fatal(err)
	}
	if got := stagetest.Run(t, "ingest.mimiciv", config(root), nil).Manifest.Digest(); got != want {
		t.Error("a decompressed file gives other rows")
	}
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, root, "hosp/patients", ".csv.zst", packer.EncodeAll([]byte(plain["hosp/patients"]), nil))
	replace(t, root, "note/discharge", ".csv.bgz", compress(t, plain["note/discharge"]))
	if got := stagetest.Run(t, "ingest.mimiciv", config(root), nil).Manifest.Digest(); got != want {
		t.Error("files that were packed again give other rows")
	}
}

// A table that is there packed and unpacked is refused: the two may differ.
func TestTwoFilesOfOneTable(t *testing.T) {
	root := newTree().write(t)
	for _, file := range []string{"hosp/patients", "note/discharge"} {
		writeFile(t, filepath.Join(root, file+".csv"), []byte(newTree()[file]))
	}
	if err := os.Remove(filepath.Join(root, "icu", "icustays.csv.gz")); err != nil {
		t.Fatal(err)
	}
	_, err := stagetest.Try(t, "ingest.mimiciv", config(root), nil)
	checkError(t, err, exit.Usage, root, "hosp/patients.csv.gz and hosp/patients.csv are both there",
		"note/discharge.csv.gz and note/discharge.csv are both there", "missing "+root+"/icu/icustays.csv.gz")
}

// MIMIC-IV 1.0 has a folder core and the column ethnicity; its rows are the same.
func TestVersion1(t *testing.T) {
	now := newTree()
	then := maps.Clone(now)
	for _, file := range []string{"patients", "admissions"} {
		then["core/"+file] = strings.Replace(now["hosp/"+file], ",race,", ",ethnicity,", 1)
		delete(then, "hosp/"+file)
	}
	want := stagetest.Run(t, "ingest.mimiciv", config(now.write(t)), nil).Manifest.Digest()
	if got := stagetest.Run(t, "ingest.mimiciv", config(then.write(t)), nil).Manifest.Digest(); got != want {
		t.Error("the rows are others")
	}
	both := then.with("hosp/patients", now["hosp/patients"]).write(t)
	_, err := stagetest.Try(t, "ingest.mimiciv", config(both), nil)
	checkError(t, err, exit.Usage, both, "hosp/patients.csv.gz and core/patients.csv.gz are both there")
}

// The demo has no notes. They are missed unless they are not asked for.
func TestATreeWithoutNotes(t *testing.T) {
	tree := newTree()
	delete(tree, "note/discharge")
	delete(tree, "note/radiology")
	root := tree.write(t)
	_, faults := check(t, "ingest.mimiciv", config(root))
	if len(faults) != 1 || !strings.Contains(faults[0].What(), "where there are no notes or charts say notes: false") {
		t.Errorf("%v", faults)
	}
	d := stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %q, notes: false, shards: 1}", root), nil)
	if n := len(rows[mimic.Note](t, d, mimic.TableNotes)); n != 0 || d.Manifest.Counts["kept"] != 10 {
		t.Errorf("%d notes, counts %v", n, d.Manifest.Counts)
	}
	_, err := stagetest.Try(t, "ingest.mimiciv", fmt.Sprintf("{root: %q, note_root: %[1]q, notes: false}", root), nil)
	checkError(t, err, exit.Usage, "note_root is given and notes is false")
}

func TestRootOrTree(t *testing.T) {
	_, err := stagetest.Try(t, "ingest.mimiciv", "{shards: 1}", nil)
	checkError(t, err, exit.Usage, "root")
	tree := stagetest.Run(t, "synth.mimiciv", "{patients: 30, seed: 3}", nil)
	in := stages.Inputs{"mimic": {tree}}
	_, err = stagetest.Try(t, "ingest.mimiciv", config(t.TempDir()), in)
	checkError(t, err, exit.Usage, "one of the two")
	d := stagetest.Run(t, "ingest.mimiciv", "{shards: 4}", in)
	for _, table := range []string{mimic.TablePatients, mimic.TableAdmissions, mimic.TableDiagnoses, mimic.TableVentilation, mimic.TableNotes} {
		var n int64
		for _, part := range d.Manifest.Tables[table] {
			n += part.Rows
		}
		if n == 0 {
			t.Errorf("no %s from a synthetic tree", table)
		}
	}
	if bad := d.Manifest.Counts["quarantined"]; bad != 0 {
		t.Errorf("%d records of a synthetic tree are bad: %v", bad, d.Manifest.Counts)
	}
}

// The detail files of the notes name the author; they are not read.
func TestDetailsAreNotRead(t *testing.T) {
	want := stagetest.Run(t, "ingest.mimiciv", config(newTree().write(t)), nil).Manifest
	got := stagetest.Run(t, "ingest.mimiciv", config(newTree().with("note/discharge_detail", canary).write(t)), nil).Manifest
	if got.Digest() != want.Digest() || !slices.Equal(got.Sources, want.Sources) {
		t.Errorf("sources %v", got.Sources)
	}
}
