package given_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// listing is the configuration of label.file for a file of this text.
func listing(t *testing.T, name, text, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("{file: %s, name: x, %s}", file, config)
}

// admissionsAndNotes are the admissions 10, 11 and 20, with notes of 11 and of none.
func admissionsAndNotes(t *testing.T) stages.Inputs {
	t.Helper()
	var admissions []mimic.Admission
	for _, hadm := range []int64{10, 11, 20} {
		admissions = append(admissions, mimic.Admission{SubjectID: hadm / 10, HadmID: hadm, Admittime: admit})
	}
	return patients(t, 2, table(mimic.TableAdmissions, admissions), table(mimic.TableNotes, []mimic.Note{
		{NoteID: "b", SubjectID: 1, Charttime: admit}, {NoteID: "c", SubjectID: 1, HadmID: 11, Charttime: admit}, {NoteID: "a", SubjectID: 1, HadmID: 11, Charttime: admit + 1},
		{NoteID: "7", SubjectID: 2, HadmID: 20, Chartdate: admit},
	}))
}

func said(t *testing.T, config string) (labels []string, counts map[string]int64, of task.Task) {
	t.Helper()
	d := stagetest.Run(t, "label.file", config, admissionsAndNotes(t))
	for _, l := range labelsOf(t, d) {
		labels = append(labels, strings.TrimSpace(fmt.Sprint(l.HadmID, " ", l.Label, " ", l.Labels, " ", l.TextID)))
	}
	slices.Sort(labels)
	return labels, d.Manifest.Counts, taskOf(t, d)
}

func TestLabelsOfAFile(t *testing.T) {
	const binary, several = "kind: binary", "kind: multilabel, names: [well, ill, old]"
	for _, c := range []struct {
		name, file, config string
		want               []string
	}{
		{"numbers", "hadm_id,label\n11,1\n10,0\n99,1\n", binary, []string{"10 0 []", "11 1 []"}},
		{"other columns, in any order", "age,LABEL,HADM_ID\n3,1,11\n", binary, []string{"11 1 []"}},
		{"true and false", "hadm_id,label\n11,True\n10,false\n", binary, []string{"10 0 []", "11 1 []"}},
		{"as pandas writes integers beside a null", "hadm_id,label\n11,1.0\n", binary, []string{"11 1 []"}},
		{"names", "hadm_id,label\n11,ill\n10,well\n", "kind: binary, names: [well, ill]", []string{"10 0 []", "11 1 []"}},
		{"the same twice", "hadm_id,label\n11,1\n11,1\n", binary, []string{"11 1 []"}},
		{"classes", "hadm_id,label\n11,2\n10,b\n", "kind: multiclass, names: [a, b, c]", []string{"10 1 []", "11 2 []"}},
		{"names that are numbers", "hadm_id,label\n11,2\n10,1.0\n", "kind: multiclass, names: ['1', '2', '3']", []string{"10 0 []", "11 1 []"}},
		{"names that are their numbers", "hadm_id,label\n11,1\n10,0.0\n", "kind: binary, names: ['0', '1']", []string{"10 0 []", "11 1 []"}},
		{"labels in a cell", "hadm_id,labels\n11,\"old, ill\"\n10,\n", several, []string{"10 0 []", "11 0 [1 2]"}},
		{"a label a row", "hadm_id,label\n11,old\n11,ill\n10,0\n", several, []string{"10 0 [0]", "11 0 [1 2]"}},
		{"labels of the file", "hadm_id,labels\n11,\"b,a\"\n10,c\n", "kind: multilabel", []string{"10 0 [2]", "11 0 [0 1]"}},
		{"of notes", "note_id,label\na,1\nb,0\nc,0\n7,1\n", binary + ", by: note_id", []string{"0 0 [] b", "11 0 [] c", "11 1 [] a", "20 1 [] 7"}},
	} {
		got, _, _ := said(t, listing(t, "labels.csv", c.file, c.config))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	_, counts, of := said(t, listing(t, "labels.csv", "hadm_id,label\n11,1\n99,0\n", binary))
	if want := map[string]int64{"read": 3, "kept": 1, "positives": 1, "dropped.not_listed": 2, "listed_unknown": 1}; cmp.Diff(want, counts) != "" {
		t.Error(cmp.Diff(want, counts))
	}
	if want := (task.Task{Name: "x", Kind: task.Binary, Labels: []string{"no", "yes"}, Texts: task.Texts{Of: task.OfAdmission}}); cmp.Diff(want, of) != "" {
		t.Error(cmp.Diff(want, of))
	}
}

// The notes of an admission are in the order of their ids, as labels are.
func TestLabelsOfNotesAreInOrder(t *testing.T) {
	d := stagetest.Run(t, "label.file", listing(t, "labels.csv", "note_id,label\na,1\nb,0\nc,0\n", "kind: binary, by: note_id"), admissionsAndNotes(t))
	want := []task.Label{
		{SubjectID: 1, TextID: "b", PredictionTime: admit},
		{SubjectID: 1, HadmID: 11, TextID: "a", PredictionTime: admit + 1, Label: 1},
		{SubjectID: 1, HadmID: 11, TextID: "c", PredictionTime: admit},
	}
	if diff := cmp.Diff(want, labelsOf(t, d)); diff != "" {
		t.Error(diff)
	}
	if of := taskOf(t, d); of.Texts.Of != "" {
		t.Errorf("labels of notes ask for texts of %s", of.Texts.Of)
	}
}

// The files are what oracle/label_files.py writes with pandas.
func TestLabelsOfPandasFiles(t *testing.T) {
	const named = "names: [well, ill]"
	for name, config := range map[string]string{
		"int64": "", "nullable": "", "float": "", "bool": "", "text": named, "category": named,
	} {
		config = fmt.Sprintf("{file: testdata/labels-%s.parquet, name: x, kind: binary, %s}", name, config)
		got, counts, _ := said(t, config)
		if diff := cmp.Diff([]string{"10 0 []", "11 1 []"}, got); diff != "" || counts["listed_unknown"] != 1 {
			t.Errorf("%s: %s, %v", name, diff, counts)
		}
	}
	for name, config := range map[string]string{"lists": "names: [ill, old]", "numbers": named} {
		got, _, _ := said(t, fmt.Sprintf("{file: testdata/labels-%s.parquet, name: x, kind: multilabel, %s}", name, config))
		if diff := cmp.Diff([]string{"10 0 []", "11 0 [0 1]"}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := stagetest.Try(t, "label.file", "{file: testdata/labels-null.parquet, name: x, kind: binary}", admissionsAndNotes(t))
	if exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), "row 2: it has 0 labels") {
		t.Errorf("a null label: %v", err)
	}
}

// A file that is wrong is told by row and column, never by what stands there.
func TestFilesOfLabelsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, file, config string
		code               exit.Code
		words              string
	}{
		{"a.csv", "hadm_id,label\n11,canary\n", "kind: binary", exit.BadData, "row 1: its label is neither"},
		{"a.csv", "hadm_id,label\n11,2\n", "kind: binary", exit.BadData, "row 1"},
		{"a.csv", "hadm_id,label\n11,1\n10,0\n", "kind: multiclass, names: ['1', '2', '3']", exit.BadData, "row 2: its label is none of the task's names, which are numbers"},
		{"a.csv", "hadm_id,label\n11,1\n10,0\n", "kind: binary, names: ['1', '2']", exit.BadData, "row 2: its label is none"},
		{"a.csv", "hadm_id,label\n11,True\n10,0\n", "kind: binary, names: ['true', 'false']", exit.BadData, "row 1: its label is none"},
		{"a.csv", "hadm_id,label\n11,1\ncanary,1\n", "kind: binary", exit.BadData, "row 2: it has no hadm_id"},
		{"a.csv", "hadm_id,label\n11,1\n11,0\n", "kind: binary", exit.BadData, "has two labels"},
		{"a.csv", "hadm_id,label\n11,1,canary\n", "kind: binary", exit.BadData, "row 1: it cannot be used: field_count"},
		{"a.csv", "hadm,label\n11,1\n", "kind: binary", exit.BadData, "hadm_id"},
		{"a.csv", "note_id,label\n11,1\n", "kind: binary", exit.BadData, "it has note_id: where it is to label notes set by: note_id"},
		{"a.csv", "hadm_id,labels\n11,1\n", "kind: binary", exit.BadData, "column label is missing"},
		{"a.csv", "hadm_id,label\n12,1\n", "kind: binary", exit.BadData, "none of its 1 ids"},
		{"a.csv", "hadm_id,label\n", "kind: binary", exit.BadData, "none of its 0 ids"},
		{"a.csv", "hadm_id,labels\n11,\n", "kind: multilabel", exit.BadData, "lists no label"},
		{"a.csv", "", "kind: binary", exit.BadData, "empty"},
		{"a.parquet", "PAR1canary", "kind: binary", exit.BadData, "damaged"},
		{"a.txt", "hadm_id,label\n", "kind: binary", exit.Usage, ".parquet"},
		{"a.csv", "hadm_id,label\n", "kind: multiclass", exit.Usage, "two or more"},
		{"a.csv", "hadm_id,label\n", "kind: binary, names: [a]", exit.Usage, "here are 1"},
		{"a.csv", "hadm_id,label\n", "kind: multiclass, names: [a, a]", exit.Usage, "there already"},
		{"a.csv", "hadm_id,label\n", "kind: regression", exit.Usage, "not allowed"},
	} {
		_, err := stagetest.Try(t, "label.file", listing(t, c.name, c.file, c.config), admissionsAndNotes(t))
		if exit.Of(err) != c.code || !strings.Contains(fmt.Sprint(err), c.words) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%q: %v", c.file, err)
		}
	}
	for _, file := range []string{"nowhere.csv", "nowhere.parquet"} {
		_, err := stagetest.Try(t, "label.file", "{file: "+file+", name: x, kind: binary}", admissionsAndNotes(t))
		if exit.Of(err) != exit.Usage || !strings.Contains(fmt.Sprint(err), file+" is not there") {
			t.Errorf("%s: %v", file, err)
		}
	}
}
