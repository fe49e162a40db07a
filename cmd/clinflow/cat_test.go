package main

import (
	"testing"

	"github.com/clinflow/clinflow/internal/shard"
)

// A row is printed with the columns that its table has, and no zero stands for one
// that it lacks.
func TestCatPrintsTheColumnsOfTheTable(t *testing.T) {
	dir := t.TempDir()
	w, err := shard.NewWriter(t.Context(), dir+"/labels", shard.KindExamples, 1)
	if err != nil {
		t.Fatal(err)
	}
	part := w.Part(0)
	rows, err := shard.Rows[shard.MEDSLabel](part, shard.TableMEDS, "boolean_value", "categorical_value")
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Write(shard.MEDSLabel{SubjectID: 7, PredictionTime: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := part.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), shard.Manifest{Stage: "test"}, nil); err != nil {
		t.Fatal(err)
	}
	want := `{"subject_id":7,"prediction_time":5,"integer_value":0}` + "\n"
	if got := clinflow(t, dir, 0, "cat", "labels", "--table", "meds").stdout; got != want {
		t.Errorf("cat prints %s", got)
	}
}
