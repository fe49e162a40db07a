package cli

import (
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

// A row is printed with the columns that its table has, and no zero stands for one
// that it lacks.
func TestCatPrintsTheColumnsOfTheTable(t *testing.T) {
	dir := t.TempDir()
	w, err := dataset.NewWriter(t.Context(), dir+"/labels", task.KindLabels, 1)
	if err != nil {
		t.Fatal(err)
	}
	part := w.Part(0)
	rows, err := dataset.Rows[task.MEDSLabel](part, task.TableMEDS, "boolean_value", "categorical_value")
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Write(task.MEDSLabel{SubjectID: 7, PredictionTime: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := part.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil); err != nil {
		t.Fatal(err)
	}
	want := `{"subject_id":7,"prediction_time":"1970-01-01 00:00:00.000005","integer_value":0}` + "\n"
	if got := clinflow(t, dir, 0, "cat", "labels", "--table", "meds").stdout; got != want {
		t.Errorf("cat prints %s", got)
	}
}

// A null is printed as null, and a zero that a table has as 0.
func TestCatPrintsNulls(t *testing.T) {
	dir := t.TempDir()
	w, err := dataset.NewWriter(t.Context(), dir+"/patients", mimic.KindPatients, 1)
	if err != nil {
		t.Fatal(err)
	}
	part := w.Part(0)
	rows, err := dataset.Rows[mimic.Code](part, mimic.TableDiagnoses)
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Write(mimic.Code{SubjectID: 7, HadmID: 8, ICDCode: "0010", ICDVersion: 9}); err != nil {
		t.Fatal(err)
	}
	if _, err := part.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil); err != nil {
		t.Fatal(err)
	}
	want := `{"subject_id":7,"hadm_id":8,"seq_num":0,"chartdate":null,"icd_code":"0010","icd_version":9,"source_file":0,"source_row":0}` + "\n"
	if got := clinflow(t, dir, 0, "cat", "patients", "--table", "diagnoses").stdout; got != want {
		t.Errorf("cat prints %s", got)
	}
}
