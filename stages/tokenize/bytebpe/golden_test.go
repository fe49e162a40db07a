package bytebpe

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func readGolden(t testing.TB, name string, into any) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	must(t, json.NewDecoder(z).Decode(into))
}

// files are those of a folder, by name: JSON, or text in a JSON string.
type files map[string]json.RawMessage

// golden are folders with one vocabulary, and what transformers makes of them
// (oracle/tokenizer_golden.py).
type golden struct {
	Files files
	Cases []goldenCase
}

type goldenCase struct {
	Name          string
	Changes       files
	Texts         []string // Latin-1: a character a byte
	IDs           [][]int32
	Before, After []int32
	Special       [3]int32 // BOS, EOS, pad
	Size          int
	Drawn         [][]int32
	Decoded       []string // of the first texts' ids, then of those drawn
}

func goldens(t testing.TB) (all []golden) {
	t.Helper()
	for _, name := range []string{"llama3", "qwen2", "gpt2"} {
		var g golden
		readGolden(t, name+".json.gz", &g)
		all = append(all, g)
	}
	return all
}

// bytesOfText turns a golden's text into the bytes that it stands for.
func bytesOfText(latin1 string) string {
	var b []byte
	for _, r := range latin1 {
		b = append(b, byte(r))
	}
	return string(b)
}

// changed are files with others in their place; of tokenizer.json only the sections
// that differ are given.
func changed(t testing.TB, of, changes files) files {
	t.Helper()
	whole := maps.Clone(of)
	for name, content := range changes {
		if name == "tokenizer.json" {
			var sections, other files
			must(t, json.Unmarshal(whole[name], &sections))
			must(t, json.Unmarshal(content, &other))
			maps.Copy(sections, other)
			data, err := json.Marshal(sections)
			must(t, err)
			content = data
		}
		whole[name] = content
	}
	return whole
}

func folder(t testing.TB, of files) string {
	t.Helper()
	at := t.TempDir()
	for name, content := range of {
		text := string(content)
		if strings.HasPrefix(text, `"`) {
			must(t, json.Unmarshal(content, &text))
		}
		must(t, os.WriteFile(filepath.Join(at, name), []byte(text), 0o600))
	}
	return at
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

func all(e tokenizer.Encoder, text string) []int32 { return e.Encode(nil, text, math.MaxInt) }

func TestIDsMatchTransformers(t *testing.T) {
	texts := 0
	for _, of := range goldens(t) {
		for _, c := range of.Cases {
			t.Run(c.Name, func(t *testing.T) {
				tokenizer, err := openFolder(t, folder(t, changed(t, of.Files, c.Changes)))
				must(t, err)
				checkSpecial(t, c, tokenizer)
				e := tokenizer.NewEncoder()
				for i, text := range c.Texts {
					if got := all(e, bytesOfText(text)); !slices.Equal(got, c.IDs[i]) {
						t.Errorf("text %d %q\n got %d\nwant %d", i, bytesOfText(text), got, c.IDs[i])
					}
					texts++
				}
			})
		}
	}
	if texts < 3000 {
		t.Errorf("%d texts", texts)
	}
}

func checkSpecial(t *testing.T, c goldenCase, of *Tokenizer) {
	t.Helper()
	s := of.Special()
	if c.Special[0] < 0 && len(c.Before) == 1 {
		c.Special[0] = c.Before[0] // no key names it, and it is put before a text
	}
	if got := [3]int32{s.BOS, s.EOS, s.Pad}; got != c.Special || of.Size() != c.Size {
		t.Errorf("BOS, EOS, pad %d and %d tokens, want %d and %d", got, of.Size(), c.Special, c.Size)
	}
	if s.AddBOS != (len(c.Before) > 0) || s.AddEOS != (len(c.After) > 0) {
		t.Errorf("%+v, want %d before and %d after a text", s, c.Before, c.After)
	}
}

func TestDecodeMatchesTransformers(t *testing.T) {
	for _, of := range goldens(t) {
		for _, c := range of.Cases {
			tokenizer, err := openFolder(t, folder(t, changed(t, of.Files, c.Changes)))
			must(t, err)
			for i, ids := range slices.Concat(c.IDs[:len(c.Decoded)-len(c.Drawn)], c.Drawn) {
				if got, err := tokenizer.Decode(ids); err != nil || got != c.Decoded[i] {
					t.Errorf("%s: %d: got %q, %v; want %q", c.Name, ids, got, err, c.Decoded[i])
				}
			}
		}
	}
}

// What is saved is the same tokenizer, without a model's config.json beside it.
func TestSave(t *testing.T) {
	for _, of := range goldens(t) {
		for _, c := range of.Cases {
			tokenizer, err := openFolder(t, folder(t, changed(t, of.Files, c.Changes)))
			must(t, err)
			w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "tokenizer"), stages.KindTokenizer, 0)
			must(t, err)
			must(t, tokenizer.Save(w))
			must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
			saved, err := openFolder(t, w.URI())
			must(t, err)
			if saved.Special() != tokenizer.Special() || saved.pipeline != tokenizer.pipeline || saved.Size() != tokenizer.Size() {
				t.Errorf("%s: %+v, %+v", c.Name, saved.Special(), saved.pipeline)
			}
		}
	}
}

type characters struct {
	Letter, Number, Blank [][2]rune
	Composed              []string
}

// What the expressions take for letters, numbers and blanks is what they are to the
// tokenizers library, character by character.
func TestCharacters(t *testing.T) {
	var want characters
	readGolden(t, "characters.json.gz", &want)
	of := make([]character, 0x110000)
	for kind, stretches := range map[character][][2]rune{letter: want.Letter, number: want.Number, blank: want.Blank, newline: {{'\n', '\n'}, {'\r', '\r'}}} {
		for _, s := range stretches {
			for r := s[0]; r <= s[1]; r++ {
				of[r] = kind
			}
		}
	}
	for r, kind := range of {
		if got := classify(rune(r)); got != kind {
			t.Errorf("U+%04X is %d, want %d", r, got, kind)
		}
	}
}

// Every character is composed as by the tokenizers library, alone and behind others.
func TestComposed(t *testing.T) {
	var want characters
	readGolden(t, "characters.json.gz", &want)
	for plane, digest := range want.Composed {
		var lines []string
		for r := rune(plane) << 16; r < rune(plane+1)<<16; r++ {
			if r >= 0xd800 && r < 0xe000 {
				continue
			}
			for _, before := range []string{"", "a\u0345", "\U00011935"} {
				lines = append(lines, pipeline{nfc: true}.normalize(before+string(r)))
			}
		}
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n")))); got != digest {
			t.Errorf("plane %d: %s, want %s", plane, got, digest)
		}
	}
}
