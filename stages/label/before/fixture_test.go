package before_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// tables are rows of a patients dataset, in any order.
type tables struct {
	admissions  []mimic.Admission
	notes       []mimic.Note
	diagnoses   []mimic.Code
	procedures  []mimic.Code
	icustays    []mimic.ICUStay
	ventilation []mimic.Ventilation
}

// patients writes a dataset of one part.
func patients(t testing.TB, admissions []mimic.Admission, notes []mimic.Note) stages.Inputs {
	t.Helper()
	return tables{admissions: admissions, notes: notes}.inputs(t, 1)
}

// inputs writes the tables into parts, each part ordered as ingest leaves it.
func (s tables) inputs(t testing.TB, parts int) stages.Inputs {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), t.TempDir()+"/patients", mimic.KindPatients, parts)
	if err != nil {
		t.Fatal(err)
	}
	for n := range parts {
		part := w.Part(n)
		write(t, part, parts, mimic.TableAdmissions, s.admissions)
		write(t, part, parts, mimic.TableNotes, s.notes)
		write(t, part, parts, mimic.TableDiagnoses, s.diagnoses)
		write(t, part, parts, mimic.TableProcedures, s.procedures)
		write(t, part, parts, mimic.TableICUStays, s.icustays)
		write(t, part, parts, mimic.TableVentilation, s.ventilation)
		if _, err := part.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context(), dataset.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	return stages.Inputs{"patients": {open(t, w.URI())}}
}

// withNotes gives each admission a summary that can be used.
func (s tables) withNotes() tables {
	for _, a := range s.admissions {
		s.notes = append(s.notes, summary(a.SubjectID, a.HadmID, 1, "HPI:\nill"))
	}
	return s
}

func open(t testing.TB, uri string) *dataset.Dataset {
	t.Helper()
	d, err := dataset.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write[T mimic.Row](t testing.TB, part *dataset.PartWriter, parts int, table string, all []T) {
	t.Helper()
	w, err := dataset.Rows[T](part, table)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return a.Key().Compare(b.Key()) }) {
		if mimic.PartOf(row.Key().SubjectID, parts) != part.Part() {
			continue
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
}

func rows[T any](t testing.TB, d *dataset.Dataset, table string) []T {
	t.Helper()
	var all []T
	for part := range d.Parts() {
		for row, err := range dataset.Read[T](t.Context(), d, table, part) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
	}
	return all
}

func summary(subject, hadm int64, seq int32, text string) mimic.Note {
	return mimic.Note{NoteID: fmt.Sprintf("%d-DS-%d", subject, seq), SubjectID: subject, HadmID: hadm, Category: "Discharge summary", NoteType: mimic.DischargeSummary, NoteSeq: seq, Text: text}
}

// ingested makes a synthetic tree and the patient shards of it.
func ingested(t *testing.T, config string, shards int) (tree, d *dataset.Dataset) {
	t.Helper()
	tree = stagetest.Run(t, "synth.mimiciv", config, nil)
	return tree, stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{shards: %d}", shards), stages.Inputs{"mimic": {tree}})
}

// listed is a vocabulary for diagnoses with the defaults of the stages.
func listed(labels ...string) vocabulary.Vocabulary {
	return vocabulary.Vocabulary{Task: "diag", Recipe: "clinical", Split: "hash", SplitSeed: 1, MinCount: 1, Labels: labels, Counts: make([]int64, len(labels))}
}

// bound writes a vocabulary as label.vocab does.
func bound(t testing.TB, v vocabulary.Vocabulary) *dataset.Dataset {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return artifact(t, task.KindVocabulary, vocabulary.FileName, string(text))
}

// artifact is a dataset that holds one file.
func artifact(t testing.TB, kind, name, text string) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), t.TempDir()+"/artifact", kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	file, err := w.File(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := file.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), dataset.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	return open(t, w.URI())
}

func read(t testing.TB, d *dataset.Dataset) vocabulary.Vocabulary {
	t.Helper()
	v, err := vocabulary.Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantCounts compares some counts of a manifest; a count that is not there is 0.
func wantCounts(t testing.TB, d *dataset.Dataset, want map[string]int64) {
	t.Helper()
	for name, n := range want {
		if got := d.Manifest.Counts[name]; got != n {
			t.Errorf("%s: %s is %d, want %d", d.Manifest.Stage, name, got, n)
		}
	}
}

// wantRefusal fails the test unless the stage ends with the code, in a sentence
// that has all the words.
func wantRefusal(t testing.TB, code exit.Code, stage, config string, in stages.Inputs, words ...string) {
	t.Helper()
	_, err := stagetest.Try(t, stage, config, in)
	stagetest.WantCode(t, err, code)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q does not say %q", stage, err, word)
		}
	}
}
