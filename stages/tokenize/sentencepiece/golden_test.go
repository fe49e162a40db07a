package sentencepiece

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The goldens are sentencepiece's own: oracle/sentencepiece_golden.py.

type golden struct {
	BOS, EOS, Unk, Pad int32
	Size               int
	IDs                [][]int32
	Decoded            []string
	Drawn              [][]int32
	DrawnDecoded       []string `json:"drawn_decoded"`
}

var goldenModels = []string{"llama", "symbols", "nfkc", "suffix", "unused"}

func unzip(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readGolden(t testing.TB, name string) (g golden) {
	t.Helper()
	if err := json.Unmarshal(unzip(t, name+".json.gz"), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// goldenTexts are the oracle's texts; its JSON holds a character for each byte.
func goldenTexts(t testing.TB) []string {
	t.Helper()
	var texts []string
	if err := json.Unmarshal(unzip(t, "texts.json.gz"), &texts); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		var raw []byte
		for _, r := range text {
			raw = append(raw, byte(r))
		}
		texts[i] = string(raw)
	}
	return texts
}

func goldenModel(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Parse(unzip(t, name+".model.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEncodeMatchesSentencepiece(t *testing.T) {
	texts := goldenTexts(t)
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			g, m := readGolden(t, name), goldenModel(t, name)
			if got, want := (golden{BOS: m.BOS(), EOS: m.EOS(), Unk: m.Unk(), Pad: m.Pad(), Size: m.Size()}), (golden{BOS: g.BOS, EOS: g.EOS, Unk: g.Unk, Pad: g.Pad, Size: g.Size}); !cmp.Equal(got, want) {
				t.Error(cmp.Diff(want, got))
			}
			e, wrong := m.NewEncoder(), 0
			for i, want := range g.IDs {
				if got := e.Encode([]int32{}, texts[i]); !cmp.Equal(got, want) {
					if wrong++; wrong <= 3 {
						t.Errorf("text %d %q\n got %d\nwant %d", i, texts[i], got, want)
					}
				}
			}
			if wrong > 0 || len(g.IDs) < 500 {
				t.Errorf("%d of %d texts differ", wrong, len(g.IDs))
			}
		})
	}
}

func TestDecodeMatchesSentencepiece(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			g, m := readGolden(t, name), goldenModel(t, name)
			ids, want := append(g.IDs[:len(g.Decoded)], g.Drawn...), append(g.Decoded, g.DrawnDecoded...)
			for i := range want {
				got, err := m.Decode(ids[i])
				if err != nil || got != want[i] {
					t.Errorf("ids %d: got %q, %v, want %q", ids[i], got, err, want[i])
				}
			}
		})
	}
}
