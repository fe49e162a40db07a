package hf

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const trained = "../testdata/folder"

// folderGolden is what transformers makes of a folder (oracle/tokenizer_folder.py).
type folderGolden struct {
	Name      string
	Files     map[string]json.RawMessage // of tokenizer.json what differs from the trained folder's
	Texts     []string
	IDs       [][]int32
	OthersIn5 int `json:"others_in_5"` // texts with other ids in version 5; IDs are version 4's
}

func goldens(t testing.TB) (folders []folderGolden) {
	t.Helper()
	f, err := os.Open("../testdata/added_tokens.json.gz")
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	must(t, json.NewDecoder(z).Decode(&folders))
	return folders
}

// folder writes the trained tokenizer.model with JSON files beside it. Of
// tokenizer.json only what differs from the trained folder's is given.
func folder(t testing.TB, files map[string]json.RawMessage) string {
	t.Helper()
	at := t.TempDir()
	model, err := os.ReadFile(filepath.Join(trained, ModelFile))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(at, ModelFile), model, 0o600))
	for name, content := range files {
		if name == added.FastFile {
			content = changed(t, content)
		}
		must(t, os.WriteFile(filepath.Join(at, name), content, 0o600))
	}
	return at
}

// changed is the trained folder's tokenizer.json with other keys.
func changed(t testing.TB, content json.RawMessage) json.RawMessage {
	t.Helper()
	var whole, change map[string]json.RawMessage
	data, err := os.ReadFile(filepath.Join(trained, added.FastFile))
	must(t, err)
	must(t, json.Unmarshal(data, &whole))
	must(t, json.Unmarshal(content, &change))
	maps.Copy(whole, change)
	data, err = json.Marshal(whole)
	must(t, err)
	return data
}

// openFolder opens a folder as the stages do.
func openFolder(t testing.TB, at string) (*Tokenizer, error) {
	t.Helper()
	dir, err := store.Open(at)
	must(t, err)
	opened, err := tokenizer.Open(t.Context(), dir)
	of, _ := opened.(*Tokenizer)
	return of, err
}

// all gives the ids of a whole text.
func all(e tokenizer.Encoder, text string) []int32 { return e.Encode(nil, text, math.MaxInt) }

// Where transformers 4 and 5 give the same ids they are ours; where they do not,
// the folder is known as disputed and read as by version 4.
func TestAddedTokensMatchTransformers(t *testing.T) {
	agreed, texts := 0, 0
	for _, golden := range goldens(t) {
		t.Run(golden.Name, func(t *testing.T) {
			tokenizer, err := openFolder(t, folder(t, golden.Files))
			must(t, err)
			if golden.OthersIn5 > 0 && !tokenizer.rule.disputed {
				t.Errorf("transformers 5 has other ids for %d texts, and nothing is said of it", golden.OthersIn5)
			}
			if !tokenizer.rule.disputed {
				agreed++
			}
			e := tokenizer.NewEncoder()
			for i, text := range golden.Texts {
				if got := all(e, text); !slices.Equal(got, golden.IDs[i]) {
					t.Errorf("%q\n got %d\nwant %d", text, got, golden.IDs[i])
				}
				texts++
			}
		})
	}
	if agreed < 30 || texts < 1500 {
		t.Errorf("%d folders without a dispute, %d texts", agreed, texts)
	}
}

// BenchmarkEncode encodes notes by tokenizer.model alone, by sentencepiece and
// through a Tokenizer; with special tokens to look for, and with added ones.
func BenchmarkEncode(b *testing.B) {
	var note strings.Builder
	for i := range 200 {
		fmt.Fprintf(&note, "Pt ___ seen on day %d, HR %d (<100), denies chest pain; ___ called.\n", i, 60+i%50)
	}
	text := note.String()
	bench := func(name string, encode func(dst []int32, text string) []int32) {
		b.Run(name, func(b *testing.B) {
			var ids []int32
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				ids = encode(ids[:0], text)
			}
		})
	}
	for _, of := range []struct{ name, config string }{{"bare", ""}, {"special", llama}, {"added", llama + "," + decoder(addedToken(700, "")+`, "701": {"content": "___ called"}`)}} {
		given := files()
		if of.config != "" {
			given = files(added.ConfigFile, of.config)
		}
		tokenizer, err := openFolder(b, folder(b, given))
		must(b, err)
		if of.name == "bare" {
			bench("sentencepiece", tokenizer.model.NewEncoder().Encode)
		}
		e := tokenizer.NewEncoder()
		bench(of.name, func(dst []int32, text string) []int32 { return e.Encode(dst, text, math.MaxInt) })
		bench(of.name+", 128 ids", func(dst []int32, text string) []int32 { return e.Encode(dst, text, 128) })
	}
}

// A byte order mark in front of the JSON files changes nothing.
func TestMarkedFolders(t *testing.T) {
	for _, golden := range goldens(t) {
		at := folder(t, golden.Files)
		for name := range golden.Files {
			path := filepath.Join(at, name)
			data, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, append([]byte("\uFEFF"), data...), 0o600))
		}
		tokenizer, err := openFolder(t, at)
		if err != nil {
			t.Errorf("%s: %v", golden.Name, err)
			continue
		}
		e := tokenizer.NewEncoder()
		for i, text := range golden.Texts {
			if got := all(e, text); !slices.Equal(got, golden.IDs[i]) {
				t.Fatalf("%s: other ids", golden.Name)
			}
		}
	}
}
