package dataset

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

const writtenNote = `{"note_id":"1-DS-1","subject_id":1,"hadm_id":null,"category":"Discharge summary","description":null,"note_type":null,"note_seq":2,` +
	`"charttime":"2180-05-06 22:23:00","storetime":"2180-05-06 22:23:00.5","iserror":true,"text":"no \"pain\"","source_file":3,"source_row":4}`

// A row is read as it is shown, and shown as it is read.
func TestRowsAsJSON(t *testing.T) {
	w, err := NewWriter(t.Context(), t.TempDir()+"/notes", "patients", 1)
	if err != nil {
		t.Fatal(err)
	}
	part := w.Part(0)
	if err := WriteRowJSON(part, "notes", []byte(writtenNote)); err != nil {
		t.Fatal(err)
	}
	if _, err := part.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), w.URI())
	if err != nil {
		t.Fatal(err)
	}
	columns, err := ColumnNames(t.Context(), d, "notes", 0)
	if err != nil {
		t.Fatal(err)
	}
	err = Each(t.Context(), d, "notes", 0, func(row any) error {
		for showText, want := range map[bool]string{true: writtenNote, false: strings.Replace(writtenNote, `no \"pain\"`, "withheld, see --show-text", 1)} {
			if got, err := RowJSON(row, columns, showText); err != nil || string(got) != want {
				t.Errorf("%s, %v", got, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is wrong with a row is told by its column, and no value is quoted.
func TestRowsThatAreRefused(t *testing.T) {
	w, err := NewWriter(t.Context(), t.TempDir()+"/notes", "patients", 1)
	if err != nil {
		t.Fatal(err)
	}
	for object, want := range map[string]string{
		`{"subject_id":"secret"}`:   "column subject_id holds no int64",
		`{"charttime":"secret"}`:    "column charttime holds no parquet.Time",
		`{"subject":1}`:             "has no column subject",
		`["secret"]`:                "not a JSON object",
		`{"subject_id":1} {secret}`: "not a JSON object",
	} {
		part := w.Part(0)
		err := WriteRowJSON(part, "notes", []byte(object))
		part.Abort()
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", object, err)
		}
	}
	if err := WriteRowJSON(w.Part(0), "nothing", []byte("{}")); exit.Of(err) != exit.Usage {
		t.Error(err)
	}
}
