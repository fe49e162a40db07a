package tokenizer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/tokenize"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/task"
)

const vocabulary = `{"model": {"type": "Words", "vocab": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "chest", "pain", "denies"]}}`

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder is a folder of files, given by name and content.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	at := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		must(t, os.WriteFile(filepath.Join(at, files[i]), []byte(files[i+1]), 0o600))
	}
	return at
}

func open(t testing.TB, at string) (tokenizer.Tokenizer, error) {
	t.Helper()
	dir, err := store.Open(at)
	must(t, err)
	return tokenizer.Open(t.Context(), dir)
}

// saved is a tokenizer step's output.
func saved(t testing.TB, of tokenizer.Tokenizer) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "tokenizer"), stages.KindTokenizer, 0)
	must(t, err)
	must(t, of.Save(w))
	must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
	d, err := dataset.Open(t.Context(), w.URI())
	must(t, err)
	return d
}

// A kind that one file adds makes tokens of notes, from a folder that the DAG names
// and from a step's output, and answers clinflow inspect encode.
func TestAKindOfOnesOwn(t *testing.T) {
	rows := []mimic.Note{{NoteID: "1-DS-1", SubjectID: 1, Text: "denies chest pain today"}}
	notes := stagetest.Dataset(t, mimic.KindPatients, 1, nil, stagetest.TableOf(mimic.TableNotes, rows, func(n mimic.Note) int64 { return n.SubjectID }))
	at := folder(t, "tokenizer.json", vocabulary)
	of, err := open(t, at)
	must(t, err)
	type row struct {
		InputIDs []int32 `parquet:"input_ids"`
		NTokens  int32   `parquet:"n_tokens"`
	}
	for _, test := range []struct {
		config string
		bound  []*dataset.Dataset
		want   []int32
	}{
		{"tokenizer: " + at, nil, []int32{2, 6, 4, 5, 1}},
		{"add_eos: true", []*dataset.Dataset{saved(t, of)}, []int32{2, 6, 4, 5, 1, 3}},
		{"{add_bos: false, add_eos: true, max_length: 3, tokenizer: " + at + "}", nil, []int32{6, 4, 3}},
	} {
		d := stagetest.Run(t, "tokenize.notes", test.config, stages.Inputs{"notes": {notes}, "tokenizer": test.bound})
		for got, err := range dataset.Read[row](t.Context(), d, task.TableTokens, 0) {
			must(t, err)
			if diff := cmp.Diff(row{test.want, int32(len(test.want))}, got); diff != "" {
				t.Errorf("%s: %s", test.config, diff)
			}
		}
		if d.Manifest.Counts["kept"] != 1 {
			t.Errorf("%s: %v", test.config, d.Manifest.Counts)
		}
	}
	var out strings.Builder
	must(t, tokenize.EncodeLines(t.Context(), at, strings.NewReader(`"chest pain"`), &out))
	if out.String() != "[4,5]\n" {
		t.Errorf("inspect encode gives %s", out.String())
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name, at string
		code     exit.Code
		want     string
	}{
		{"empty folder", folder(t), exit.Usage, "; give the folder of a tokenizer, of these kinds: SentencePiece BPE, "},
		{"unknown type", folder(t, "tokenizer.json", `{"model": {"type": "Unigram"}}`), exit.Usage, `has model.type "Unigram" in its tokenizer.json and no tokenizer.model, no `},
		{"malformed", folder(t, "tokenizer.json", `{"model":`), exit.BadData, "tokenizer.json: malformed JSON"},
		{"two kinds", folder(t, "tokenizer.model", "x", "tokenizer.json", vocabulary), exit.BadData, "two kinds, SentencePiece BPE and words"},
		{"damaged", folder(t, "tokenizer.json", `{"model": {"type": "Words"}}`), exit.BadData, "tokenizer.json: lacks [UNK]"},
		{"larger than the model", folder(t, "tokenizer.json", vocabulary, "config.json", `{"vocab_size": 6}`), exit.BadData, "config.json: vocab_size is 6, but the tokenizer has 7 tokens"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := open(t, test.at); exit.Of(err) != test.code || !strings.Contains(fmt.Sprint(err), test.at) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("got code %d, %v; want %d, %q", exit.Of(err), err, test.code, test.want)
			}
		})
	}
}

// A file that a kind reads is in the fingerprint of a step with its folder.
func TestFilesAreThoseOfTheStages(t *testing.T) {
	spec, _ := stages.Default.Lookup("tokenize.notes")
	field, _ := spec.Config().Find("tokenizer")
	if !slices.Equal(field.Reads, tokenizer.Files) {
		t.Errorf("a step's fingerprint has %q, tokenizers are read from %q", field.Reads, tokenizer.Files)
	}
	defer func() {
		if recover() == nil {
			t.Error("a file was asked for that is in no fingerprint")
		}
	}()
	_, _ = tokenizer.Folder{}.Has(t.Context(), "spiece.model")
}
