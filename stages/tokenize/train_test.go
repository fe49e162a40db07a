package tokenize

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/task"
)

func trainOn(t testing.TB, config string, parts int, rows []mimic.Note) *dataset.Dataset {
	t.Helper()
	return stagetest.Run(t, "tokenize.train", config, splitNotes(t, parts, rows, 1))
}

// splitNotes are notes, and the split of their patients by a seed.
func splitNotes(t testing.TB, parts int, rows []mimic.Note, seed int64) stages.Inputs {
	t.Helper()
	var patients []mimic.Patient
	known := map[int64]bool{}
	for _, note := range rows {
		if !known[note.SubjectID] {
			known[note.SubjectID] = true
			patients = append(patients, mimic.Patient{SubjectID: note.SubjectID})
		}
	}
	d := stagetest.Dataset(t, mimic.KindPatients, parts, nil, stagetest.TableOf(mimic.TablePatients, patients, func(p mimic.Patient) int64 { return p.SubjectID }))
	splits := stagetest.Run(t, "split.hash", fmt.Sprintf("seed: %d", seed), stages.Inputs{"patients": {d}})
	return stages.Inputs{"notes": {notesOf(t, parts, rows)}, "split": {splits}}
}

func TestTrainIgnoresPartsAndOrder(t *testing.T) {
	rows := someNotes(1)
	one := trainOn(t, "vocab_size: 320", 1, rows)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if many := trainOn(t, "vocab_size: 320", 7, rows); many.Manifest.Digest() != one.Manifest.Digest() {
		t.Error("the tokenizer depends on parts or order")
	}
}

// The words of val and test patients, and of notes marked as errors, teach
// nothing: a tokenizer made without them is the same.
func TestTrainReadsTrainPatientsOnly(t *testing.T) {
	all := someNotes(5)
	all = append(all, mimic.Note{NoteID: "x", SubjectID: all[0].SubjectID, Text: strings.Repeat("wrong ", 900), IsError: true})
	var train []mimic.Note
	for _, note := range all {
		if split.Of(note.SubjectID, 5) == "train" && !note.IsError {
			train = append(train, note)
		}
	}
	on := func(rows []mimic.Note) string {
		return stagetest.Run(t, "tokenize.train", "vocab_size: 320", splitNotes(t, 2, rows, 5)).Manifest.Digest()
	}
	if on(all) != on(train) {
		t.Error("other notes than the train patients' changed the tokenizer")
	}
	if len(train) == 0 || len(train) > 110 {
		t.Errorf("%d of %d notes are of train patients: the test tells nothing", len(train), len(all))
	}
}

func TestTrainDrawsNotes(t *testing.T) {
	rows := someNotes(1)
	draw := func(config string, parts int) *dataset.Dataset {
		return trainOn(t, "vocab_size: 320\n"+config, parts, rows)
	}
	some := draw("max_notes: 10", 1)
	if n := some.Manifest.Counts["kept"]; n != 10 {
		t.Errorf("%d notes drawn, want 10", n)
	}
	if draw("max_notes: 10", 5).Manifest.Digest() != some.Manifest.Digest() {
		t.Error("the draw depends on the parts")
	}
	if draw("max_notes: 10\nseed: 2", 1).Manifest.Digest() == some.Manifest.Digest() {
		t.Error("another seed drew the same notes")
	}
	if all, every := draw("max_notes: 0", 1), draw("max_notes: 1000", 1); all.Manifest.Counts["kept"] != every.Manifest.Counts["kept"] || all.Manifest.Counts["kept"] < 50 {
		t.Errorf("0 takes %v, 1000 takes %v", all.Manifest.Counts, every.Manifest.Counts)
	}
}

func TestTrainWritesFolder(t *testing.T) {
	d := trainOn(t, "vocab_size: 320", 2, someNotes(1))
	m, err := sentencepiece.Parse(fileOf(t, d, hf.ModelFile))
	must(t, err)
	if m.Size() != 320 {
		t.Errorf("%d pieces", m.Size())
	}
	for _, name := range []string{"tokenizer_config.json", "special_tokens_map.json"} {
		var config map[string]any
		must(t, json.Unmarshal(fileOf(t, d, name), &config))
		if config["bos_token"] != "<s>" || config["eos_token"] != "</s>" || config["unk_token"] != "<unk>" {
			t.Errorf("%s: %v", name, config)
		}
		if class := config["tokenizer_class"]; name == "tokenizer_config.json" && (class != "PreTrainedTokenizerFast" || config["add_bos_token"] != true) {
			t.Errorf("%s: %v", name, config)
		}
	}
	in := stages.Inputs{"notes": {notesOf(t, 2, someNotes(1))}, "tokenizer": {d}}
	if tokens := tokensOf(t, stagetest.Run(t, "tokenize.notes", "", in)); len(tokens) != 120 {
		t.Errorf("%d rows by the trained tokenizer", len(tokens))
	}
}

// A tokenizer for a BERT knows the frequent words of the notes, and stands BERT's special
// tokens around a text.
func TestTrainWordPiece(t *testing.T) {
	const config = "kind: wordpiece\nvocab_size: 320"
	rows := someNotes(1)
	d := trainOn(t, config, 2, rows)
	backwards := slices.Clone(rows)
	slices.Reverse(backwards)
	if trainOn(t, config, 5, backwards).Manifest.Digest() != d.Manifest.Digest() {
		t.Error("the tokenizer depends on parts or order")
	}
	pieces := strings.Split(strings.TrimSpace(string(fileOf(t, d, "vocab.txt"))), "\n")
	if n := d.Manifest.Counts["pieces"]; int(n) != len(pieces) || n > 320 || pieces[2] != "[CLS]" || pieces[3] != "[SEP]" {
		t.Errorf("%d pieces, the manifest says %d", len(pieces), n)
	}
	in := stages.Inputs{"notes": {notesOf(t, 2, rows)}, "tokenizer": {d}}
	for _, row := range tokensOf(t, stagetest.Run(t, "tokenize.notes", "", in)) {
		if n := len(row.InputIDs); n < 3 || row.InputIDs[0] != 2 || row.InputIDs[n-1] != 3 {
			t.Fatalf("a note has %d ids", n)
		}
	}
}

func TestTrainWithoutText(t *testing.T) {
	in := splitNotes(t, 1, []mimic.Note{{NoteID: "a", SubjectID: 1}}, 1)
	_, err := stagetest.Try(t, "tokenize.train", "", in)
	stagetest.WantCode(t, err, exit.Usage)
}

// What each version of a stage makes of a fixture. Where a digest moves on
// purpose, raise the stage's version and write it here with it.
func TestStageVersions(t *testing.T) {
	rows := someNotes(1)
	tokenizer := trainOn(t, "vocab_size: 320", 3, rows)
	tokens := stagetest.Run(t, "tokenize.notes", "", stages.Inputs{"notes": {notesOf(t, 3, rows)}, "tokenizer": {tokenizer}})
	texts := textsOf(t, 3, []task.Text{{TextID: "1", SubjectID: 1, HadmID: 10, Text: rows[0].Text}})
	ofTexts := stagetest.Run(t, "tokenize.texts", "add_eos: true", stages.Inputs{"texts": {texts}, "tokenizer": {tokenizer}})
	for _, stage := range []struct {
		name, want string
		version    int
		output     any
	}{
		{"tokenize.train", "13563d34d4f92867c441020158e58f24710a5578bb6597df15abfac76b8b7b06", 3, tokenizer.Manifest.Files},
		{"tokenize.notes", "1bb48e88acc5805c4bfbc742452ed9cce492f563a6f1987c1337bd0c2bc284dd", 5, tokensOf(t, tokens)},
		{"tokenize.texts", "c4054c33c786c7ac49391a5158d75a312cd12c2d582d8ba2d0deef4f6117fe02", 3, tokensOf(t, ofTexts)},
	} {
		content, err := json.Marshal(stage.output)
		must(t, err)
		spec, _ := stages.Default.Lookup(stage.name)
		if got := fmt.Sprintf("%x", sha256.Sum256(content)); got != stage.want || spec.Version != stage.version {
			t.Errorf("version %d of %s has digest %s; known is version %d with %s", spec.Version, stage.name, got, stage.version, stage.want)
		}
	}
}
