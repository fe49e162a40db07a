package wordpiece

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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

// folderGolden is what transformers makes of a folder (oracle/wordpiece_golden.py).
type folderGolden struct {
	Name    string
	Files   map[string]string
	IDs     [][]int32 // of the first texts and the last
	Sums    []string  // of all texts the beginning of the sha256 of the ids as JSON; none: of IDs alone
	Around  []int32   // the ids of the empty text
	Side    string
	Size    int
	Decoded []string // of the first ids
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

func goldens(t testing.TB) (folders []folderGolden) {
	t.Helper()
	readGolden(t, "folders.json.gz", &folders)
	return folders
}

// goldenTexts are all texts, bytes that are not UTF-8 among them.
func goldenTexts(t testing.TB) (texts []string) {
	t.Helper()
	readGolden(t, "texts.json.gz", &texts)
	for i, text := range texts {
		var bytes []byte
		for _, r := range text {
			bytes = append(bytes, byte(r))
		}
		texts[i] = string(bytes)
	}
	return texts
}

// of are the texts of IDs: the first, and the last, which hold added tokens.
func (g folderGolden) of(texts []string) []string {
	const last = 60
	return append(slices.Clone(texts[:len(g.IDs)-last]), texts[len(texts)-last:]...)
}

// folder writes files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	at := t.TempDir()
	for name, content := range files {
		must(t, os.WriteFile(filepath.Join(at, name), []byte(content), 0o600))
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

func TestFoldersMatchTransformers(t *testing.T) {
	texts, compared := goldenTexts(t), 0
	for _, golden := range goldens(t) {
		t.Run(golden.Name, func(t *testing.T) {
			of, err := openFolder(t, folder(t, golden.Files))
			must(t, err)
			e := of.NewEncoder()
			for i, text := range golden.of(texts) {
				if got := all(e, text); !slices.Equal(got, golden.IDs[i]) {
					t.Errorf("%q\n got %d\nwant %d", text, got, golden.IDs[i])
				}
			}
			for i, want := range golden.Sums {
				ids, err := json.Marshal(e.Encode([]int32{}, texts[i], math.MaxInt))
				must(t, err)
				if fmt.Sprintf("%x", sha256.Sum256(ids))[:8] != want {
					t.Errorf("%q: other ids, %s", texts[i], ids)
				}
				compared++
			}
			for i, want := range golden.Decoded {
				if got, err := of.Decode(golden.IDs[i]); err != nil || got != want {
					t.Errorf("decoded %q, want %q, %v", got, want, err)
				}
			}
			if around, left := aroundOf(of.Special()), golden.Side == "left"; !slices.Equal(around, golden.Around) || of.Special().CutLeft != left || of.Size() != golden.Size {
				t.Errorf("%+v, size %d; want %d around a text, side %s, size %d", of.Special(), of.Size(), golden.Around, golden.Side, golden.Size)
			}
		})
	}
	if compared != 2*len(texts) || compared < 4000 {
		t.Errorf("%d texts", compared)
	}
}

func aroundOf(s tokenizer.Special) (ids []int32) {
	if s.AddBOS {
		ids = append(ids, s.BOS)
	}
	if s.AddEOS {
		ids = append(ids, s.EOS)
	}
	return ids
}

// Every character, between letters and marks that are put in order and stay.
func TestCharactersMatchTokenizers(t *testing.T) {
	var cases []struct {
		Clean   bool `json:"clean_text"`
		Chinese bool `json:"handle_chinese_chars"`
		Accents bool `json:"strip_accents"`
		Lower   bool `json:"lowercase"`
		SHA256  string
	}
	data, err := os.ReadFile("testdata/characters.json")
	must(t, err)
	must(t, json.Unmarshal(data, &cases))
	for _, c := range cases {
		n, sum := normalizer{c.Clean, c.Chinese, c.Accents, c.Lower}, sha256.New()
		var line []byte
		var runes []rune
		for r := range rune(0x110000) {
			if r >= 0xD800 && r < 0xE000 {
				continue
			}
			line, runes = n.append(line[:0], fmt.Appendf(nil, "a\u302e%c\u302ea", r), runes)
			sum.Write(append(line, '\n'))
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)); got != c.SHA256 {
			t.Errorf("%+v: other characters", n)
		}
	}
	if len(cases) != 5 {
		t.Errorf("%d cases", len(cases))
	}
}

// A saved tokenizer is the same without the model's config.json.
func TestSavedTokenizersAreTheSame(t *testing.T) {
	texts := goldenTexts(t)
	for _, golden := range goldens(t) {
		of, err := openFolder(t, folder(t, golden.Files))
		must(t, err)
		w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "tokenizer"), stages.KindTokenizer, 0)
		must(t, err)
		must(t, of.Save(w))
		must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
		again, err := openFolder(t, w.URI())
		must(t, err)
		if again.Special() != of.Special() || again.Size() != of.Size() {
			t.Errorf("%s: %+v, was %+v", golden.Name, again.Special(), of.Special())
		}
		e := again.NewEncoder()
		for i, text := range golden.of(texts)[:80] {
			if got := all(e, text); !slices.Equal(got, golden.IDs[i]) {
				t.Fatalf("%s: other ids", golden.Name)
			}
		}
	}
}
