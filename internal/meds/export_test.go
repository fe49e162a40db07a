package meds

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

const parts = 3

func tableOf[R mimic.Row](name string, rows []R) stagetest.Table {
	return stagetest.TableOf(name, rows, func(row R) int64 { return row.Key().SubjectID })
}

// patients are a dozen with a stay each, and a note.
func patients(t *testing.T) *dataset.Dataset {
	t.Helper()
	var people []mimic.Patient
	var stays []mimic.Admission
	var diagnoses []mimic.Code
	var notes []mimic.Note
	for n := range int64(12) {
		admitted := at(t, "2180-05-06 22:23:00") + dataset.Time(n)
		people = append(people, mimic.Patient{SubjectID: n + 1, Gender: "F"})
		stays = append(stays, mimic.Admission{SubjectID: n + 1, HadmID: 10 * n, Admittime: admitted, Dischtime: admitted + 1})
		diagnoses = append(diagnoses, mimic.Code{SubjectID: n + 1, HadmID: 10 * n, ICDVersion: 9, ICDCode: fmt.Sprint("038", n%3)})
		notes = append(notes, mimic.Note{SubjectID: n + 1, NoteID: fmt.Sprint(n), NoteType: mimic.DischargeSummary, Storetime: admitted, Text: "confidential"})
	}
	return stagetest.Dataset(t, mimic.KindPatients, parts, map[string]any{mimic.AttributeRelease: mimic.Release{Database: mimic.MIMICIV, Version: "3.1"}},
		tableOf(mimic.TablePatients, people), tableOf(mimic.TableAdmissions, stays), tableOf(mimic.TableDiagnoses, diagnoses),
		tableOf[mimic.Code](mimic.TableProcedures, nil), tableOf[mimic.ICUStay](mimic.TableICUStays, nil), tableOf(mimic.TableNotes, notes))
}

func splits(t *testing.T, rows ...task.Split) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindSplits, parts, nil, stagetest.TableOf(task.TableSplits, rows, func(s task.Split) int64 { return s.SubjectID }))
}

// exported is a folder that Export wrote, and its files by name.
func exported(t *testing.T, o Options) (Counts, store.Dir, map[string]string) {
	t.Helper()
	folder := t.TempDir()
	out, err := store.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := Export(t.Context(), patients(t), o, out)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for _, glob := range []string{"data/*", "metadata/*"} {
		names, err := filepath.Glob(filepath.Join(folder, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			written[filepath.Base(name)] = string(text)
		}
	}
	return counts, out, written
}

func rowsOf[R any](t *testing.T, out store.Dir, name string) (all []R) {
	t.Helper()
	r, err := parquet.Open(t.Context(), out, name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for row, err := range parquet.Rows[R](t.Context(), r, r.NumRows()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// Each patient is in the shard of the part, text is written where it is asked for, and
// the bytes depend on the patients alone.
func TestExport(t *testing.T) {
	for _, withNotes := range []bool{false, true} {
		counts, out, written := exported(t, Options{Notes: withNotes, Version: "v1", Workers: 1})
		seen := map[int64]bool{}
		texts := 0
		for part := range parts {
			name := fmt.Sprintf("data/part-%05d-of-%05d.parquet", part, parts)
			events := rowsOf[Event](t, out, name)
			for i, e := range events {
				if seen[e.SubjectID] = true; mimic.PartOf(e.SubjectID, parts) != part || i > 0 && (e.SubjectID < events[i-1].SubjectID || e.SubjectID == events[i-1].SubjectID && e.Time < events[i-1].Time) {
					t.Errorf("%s: row %d of patient %d is in the wrong place", name, i, e.SubjectID)
				}
				if e.TextValue != "" {
					texts++
				}
			}
		}
		want := map[string]int64{"GENDER//F": 12, "HOSPITAL_ADMISSION": 12, "HOSPITAL_DISCHARGE": 12, "DIAGNOSIS//ICD//9//0380": 4, "DIAGNOSIS//ICD//9//0381": 4, "DIAGNOSIS//ICD//9//0382": 4}
		if withNotes {
			want["NOTE//discharge_summary"] = 12
		}
		if diff := cmp.Diff(want, counts.Codes); diff != "" || len(seen) != 12 || counts.Patients != 12 || counts.Events != int64(36+12+texts) || texts != map[bool]int{true: 12}[withNotes] {
			t.Errorf("%d patients, %d texts: %+v %s", len(seen), texts, counts, diff)
		}
		var listed []string
		for _, row := range rowsOf[code](t, out, "metadata/codes.parquet") {
			if listed = append(listed, row.Code); row.Description == "" {
				t.Errorf("%s has no description", row.Code)
			}
		}
		if !slices.Equal(listed, slices.Sorted(maps.Keys(want))) {
			t.Errorf("the codes %q", listed)
		}
		if _, _, again := exported(t, Options{Notes: withNotes, Version: "v1", Workers: 3}); !maps.Equal(written, again) {
			t.Error("the bytes depend on the workers")
		}
		const about = `"dataset_name": "MIMIC-IV",
  "dataset_version": "3.1",
  "etl_name": "clinflow",
  "etl_version": "v1",
  "meds_version": "0.4.1",`
		if !strings.Contains(written["dataset.json"], about) || len(written) != parts+2 {
			t.Errorf("%d files, dataset.json is %s", len(written), written["dataset.json"])
		}
	}
}

func TestSplitsAreNamedAsInMEDS(t *testing.T) {
	_, out, _ := exported(t, Options{Splits: splits(t, task.Split{SubjectID: 1, Split: "test"}, task.Split{SubjectID: 2, Split: "val"}, task.Split{SubjectID: 3, Split: "train"})})
	want := []subjectSplit{{1, "held_out"}, {2, "tuning"}, {3, "train"}}
	if diff := cmp.Diff(want, rowsOf[subjectSplit](t, out, "metadata/subject_splits.parquet")); diff != "" {
		t.Error(diff)
	}
}

func TestExportRefuses(t *testing.T) {
	out, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	of := patients(t)
	for name, c := range map[string]struct {
		patients, splits *dataset.Dataset
		code             exit.Code
	}{
		"splits as patients":        {splits(t), nil, exit.Usage},
		"patients as splits":        {of, of, exit.Usage},
		"a split of another name":   {of, splits(t, task.Split{SubjectID: 1, Split: "dev"}), exit.BadData},
		"a patient in two of them":  {of, splits(t, task.Split{SubjectID: 1, Split: "test"}, task.Split{SubjectID: 1, Split: "train"}), exit.BadData},
		"a table that is not there": {stagetest.Dataset(t, mimic.KindPatients, parts, nil, tableOf[mimic.Patient](mimic.TablePatients, nil)), nil, exit.Usage},
	} {
		_, err := Export(t.Context(), c.patients, Options{Splits: c.splits}, out)
		if exit.Of(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Arrow is told of the columns is what Parquet has: MEDS' types.
func TestShardsHaveArrowsSchema(t *testing.T) {
	_, out, _ := exported(t, Options{})
	path, _ := out.LocalPath("data/part-00000-of-00003.parquet")
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := f.MetaData().KeyValueMetadata().FindValue(arrowKey)
	if text == nil {
		t.Fatal("the schema is not told")
	}
	message, err := base64.StdEncoding.DecodeString(*text)
	if err != nil {
		t.Fatal(err)
	}
	told, err := ipc.NewReader(bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	var got, columns []string
	for _, field := range told.Schema().Fields() {
		got = append(got, fmt.Sprint(field.Name, " ", field.Type, " ", field.Nullable))
	}
	root := f.MetaData().Schema.Root()
	for i := range root.NumFields() {
		columns = append(columns, root.Field(i).Name())
	}
	want := []string{"subject_id int64 false", "time timestamp[us] true", "code utf8 false", "numeric_value float32 true", "text_value large_utf8 true", "hadm_id int64 true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, name := range columns {
		if !strings.HasPrefix(want[i], name+" ") {
			t.Errorf("column %d is %s", i, name)
		}
	}
}
