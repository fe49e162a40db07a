package tokenize

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/task"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func notesOf(t testing.TB, parts int, rows []mimic.Note) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, mimic.KindPatients, parts, nil, stagetest.TableOf(mimic.TableNotes, rows, func(n mimic.Note) int64 { return n.SubjectID }))
}

func textsOf(t testing.TB, parts int, rows []task.Text) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindTexts, parts, nil, stagetest.TableOf(task.TableTexts, rows, func(x task.Text) int64 { return x.SubjectID }))
}

// someNotes are two notes for each of 60 patients; words hold the patient's
// split, so that it shows what a tokenizer has learnt from.
func someNotes(seed int64) []mimic.Note {
	var notes []mimic.Note
	for subject := int64(1); subject <= 60; subject++ {
		split := split.Of(subject, seed)
		for i := range int64(2) {
			notes = append(notes, mimic.Note{
				NoteID: fmt.Sprintf("%d-DS-%d", subject, i), SubjectID: subject,
				Text: fmt.Sprintf("Chief Complaint:\nchest pain %d\nsentinel%s  ___ yo with Na-%d.%d", subject*7, split, 130+i, subject),
			})
		}
	}
	return notes
}

// modelFile is the model that the trainer's golden test pins and sentencepiece
// has read.
func modelFile(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("sentencepiece", "testdata", "trained.model.gz"))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	data, err := io.ReadAll(z)
	must(t, err)
	return data
}

func goldenModel(t testing.TB) *sentencepiece.Model {
	t.Helper()
	m, err := sentencepiece.Parse(modelFile(t))
	must(t, err)
	return m
}

// modelFolder is a folder with a tokenizer.model.
func modelFolder(t testing.TB, data []byte) string {
	t.Helper()
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, hf.ModelFile), data, 0o600))
	return folder
}

// tokenizerOf is a tokenizer dataset.
func tokenizerOf(t testing.TB, data []byte) *dataset.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "tokenizer")
	w, err := dataset.NewWriter(t.Context(), uri, stages.KindTokenizer, 0)
	must(t, err)
	must(t, w.WriteFile(hf.ModelFile, data))
	must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
}

// tokensOf reads all parts, ordered by text.
func tokensOf(t testing.TB, d *dataset.Dataset) []task.Tokens {
	t.Helper()
	all := stagetest.Rows[task.Tokens](t, d, task.TableTokens)
	slices.SortFunc(all, func(a, b task.Tokens) int { return cmp.Compare(a.TextID, b.TextID) })
	return all
}

func fileOf(t testing.TB, d *dataset.Dataset, name string) []byte {
	t.Helper()
	f, err := d.OpenFile(t.Context(), name)
	must(t, err)
	defer f.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	must(t, err)
	return b.Bytes()
}
