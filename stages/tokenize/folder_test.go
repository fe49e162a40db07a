package tokenize

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"

	_ "github.com/clinflow/clinflow/stages/ingest"
)

var update = flag.Bool("update", false, "write testdata/folder; then run oracle/tokenizer_folder.py")

const goldenFolder = "testdata/folder"

// synthetic is the tree of `clinflow synth --patients 40 --seed 7`, ingested.
func synthetic(t testing.TB) *dataset.Dataset {
	t.Helper()
	root := filepath.Join(t.TempDir(), "tree")
	dir, err := store.Open(root)
	must(t, err)
	_, err = synth.Generate(t.Context(), synth.Options{Patients: 40, RadiologyPerAdmission: 1, Seed: 7}, dir)
	must(t, err)
	return stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %q, shards: 2}", root), nil)
}

// The folder that tokenize.train leaves gives the same ids for every note in
// transformers 4, in transformers 5 and here (oracle/tokenizer_folder.py).
func TestTransformersOpenTheTrainedFolder(t *testing.T) {
	notes := synthetic(t)
	trained := stagetest.Run(t, "tokenize.train", "vocab_size: 700", stages.Inputs{
		"notes": {notes}, "split": {stagetest.Run(t, "split.hash", "", stages.Inputs{"patients": {notes}})},
	})
	for _, file := range trained.Manifest.Files {
		path, got := filepath.Join(goldenFolder, file.Name), fileOf(t, trained, file.Name)
		if *update {
			must(t, os.MkdirAll(goldenFolder, 0o700))
			must(t, os.WriteFile(path, got, 0o600))
		}
		if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the file that transformers opened: %v", file.Name, err)
		}
	}
	var golden struct {
		Transformers []string          // the versions that agreed
		Notes        map[string]string // by note_id the beginning of the sha256 of the ids as JSON
	}
	data, err := os.ReadFile("testdata/folder_ids.json")
	must(t, err)
	must(t, json.Unmarshal(data, &golden))
	tokens := tokensOf(t, stagetest.Run(t, "tokenize.notes", "max_length: 1000000", stages.Inputs{"notes": {notes}, "tokenizer": {trained}}))
	for _, row := range tokens {
		ids, err := json.Marshal(row.InputIDs)
		must(t, err)
		if got := fmt.Sprintf("%x", sha256.Sum256(ids))[:16]; got != golden.Notes[row.TextID] {
			t.Errorf("note %s has other ids in transformers", row.TextID)
		}
	}
	if len(tokens) < 20 || len(tokens) != len(golden.Notes) || len(golden.Transformers) != 2 {
		t.Errorf("%d notes, %d in transformers %v", len(tokens), len(golden.Notes), golden.Transformers)
	}
}

// What is in a step's fingerprint of a tokenizer's folder, often a whole model's,
// is what the stage reads there.
func TestTheFoldersOtherFilesAreNotRead(t *testing.T) {
	folder := modelFolder(t, modelFile(t))
	for _, name := range []string{"model.safetensors", "README.md", "generation_config.json", "config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600))
	}
	in := stages.Inputs{"notes": {notesOf(t, 1, someNotes(1))}}
	digest := func() string {
		return stagetest.Run(t, "tokenize.notes", `{tokenizer: "`+folder+`"}`, in).Manifest.Digest()
	}
	whole := digest()
	if read, unread := stagetest.OnlyRead(t, "tokenize.notes", "tokenizer", folder); len(read) != 5 || len(unread) != 3 {
		t.Errorf("%q are read, %q are not", read, unread)
	}
	if bare := digest(); bare != whole {
		t.Error("the tokens are others without the files that are not read")
	}
}
