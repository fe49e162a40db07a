package label_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// tables are rows of a patients dataset, in any order.
type tables struct {
	admissions  []shard.Admission
	notes       []shard.Note
	diagnoses   []shard.Code
	procedures  []shard.Code
	icustays    []shard.ICUStay
	ventilation []shard.Ventilation
}

// patients writes a dataset of one part.
func patients(t testing.TB, admissions []shard.Admission, notes []shard.Note) stages.Inputs {
	t.Helper()
	return tables{admissions: admissions, notes: notes}.inputs(t, 1)
}

// inputs writes the tables into parts, each part ordered as ingest leaves it.
func (s tables) inputs(t testing.TB, parts int) stages.Inputs {
	t.Helper()
	w, err := shard.NewWriter(t.Context(), t.TempDir()+"/patients", shard.KindPatients, parts)
	if err != nil {
		t.Fatal(err)
	}
	for n := range parts {
		part := w.Part(n)
		write(t, part, parts, shard.TableAdmissions, s.admissions)
		write(t, part, parts, shard.TableNotes, s.notes)
		write(t, part, parts, shard.TableDiagnoses, s.diagnoses)
		write(t, part, parts, shard.TableProcedures, s.procedures)
		write(t, part, parts, shard.TableICUStays, s.icustays)
		write(t, part, parts, shard.TableVentilation, s.ventilation)
		if _, err := part.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context(), shard.Manifest{}, nil); err != nil {
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

func open(t testing.TB, uri string) *shard.Dataset {
	t.Helper()
	d, err := shard.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write[T shard.Row](t testing.TB, part *shard.PartWriter, parts int, table string, all []T) {
	t.Helper()
	w, err := shard.Rows[T](part, table)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return a.Key().Compare(b.Key()) }) {
		if shard.PartOf(row.Key().SubjectID, parts) != part.Part() {
			continue
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
}

func rows[T any](t testing.TB, d *shard.Dataset, table string) []T {
	t.Helper()
	var all []T
	for part := range d.Parts() {
		for row, err := range shard.Read[T](t.Context(), d, table, part) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
	}
	return all
}

func summary(subject, hadm int64, seq int32, text string) shard.Note {
	return shard.Note{NoteID: fmt.Sprintf("%d-DS-%d", subject, seq), SubjectID: subject, HadmID: hadm, Category: "Discharge summary", NoteType: "DS", NoteSeq: seq, Text: text}
}

// ingested makes a synthetic tree and the patient shards of it.
func ingested(t *testing.T, config string, shards int) (mimic, d *shard.Dataset) {
	t.Helper()
	mimic = stagetest.Run(t, "synth.mimiciv", config, nil)
	return mimic, stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{shards: %d}", shards), stages.Inputs{"mimic": {mimic}})
}

// listed is a vocabulary for diagnoses with the defaults of the stages.
func listed(labels ...string) vocabulary.Vocabulary {
	return vocabulary.Vocabulary{Task: "diag", Recipe: "clinical", Split: "hash", SplitSeed: 1, MinCount: 1, Labels: labels, Counts: make([]int64, len(labels))}
}

// dataset writes a vocabulary as label.vocab does.
func dataset(t testing.TB, v vocabulary.Vocabulary) *shard.Dataset {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return artifact(t, shard.KindVocabulary, vocabulary.FileName, string(text))
}

// artifact is a dataset that holds one file.
func artifact(t testing.TB, kind, name, text string) *shard.Dataset {
	t.Helper()
	w, err := shard.NewWriter(t.Context(), t.TempDir()+"/artifact", kind, 0)
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
	if err := w.Commit(t.Context(), shard.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	return open(t, w.URI())
}

func read(t testing.TB, d *shard.Dataset) vocabulary.Vocabulary {
	t.Helper()
	v, err := vocabulary.Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantCounts compares some counts of a manifest; a count that is not there is 0.
func wantCounts(t testing.TB, d *shard.Dataset, want map[string]int64) {
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
