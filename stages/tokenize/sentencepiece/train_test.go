package sentencepiece

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/exit"
)

var update = flag.Bool("update", false, "write testdata/trained.model.gz; then run oracle/sentencepiece_golden.py")

func wordsOf(texts ...string) *Words {
	w := NewWords()
	for _, text := range texts {
		w.Add(text)
	}
	return w
}

func TestWords(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"Chest pain", "▁Chest ▁pain"},
		{"a  b   ", "▁a ▁ ▁b ▁▁▁"},
		{"   x", "▁▁▁ ▁x"},
		{"BP 120/80", "▁BP ▁ 1 2 0 / 8 0"},
		{"___,Dr. q6h", "▁___, Dr . ▁q 6 h"},
		{"one\ntwo\x00three", "▁one two three"},
		{"né\u0301e \xff日本", "▁né\u0301e ▁ 日本"},
		{strings.Repeat("a", 70), "▁" + strings.Repeat("a", 63) + " " + strings.Repeat("a", 7)},
	}
	for _, test := range tests {
		got := slices.Sorted(maps.Keys(wordsOf(test.text).counts))
		want := slices.Compact(slices.Sorted(slices.Values(strings.Fields(test.want))))
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", test.text, got, want)
		}
	}
}

// naiveMerges counts all pairs anew at each step.
func naiveMerges(words *Words, alphabet []string, n, maxLength int) (pieces []string) {
	ids := map[string]int32{}
	for i, c := range alphabet {
		ids[c] = int32(i)
	}
	type word struct {
		parts []string
		count int64
	}
	var list []word
	for _, w := range words.sortedWords(ids) {
		var parts []string
		for _, s := range w.symbols {
			parts = append(parts, alphabet[s])
		}
		list = append(list, word{parts, w.count})
	}
	for len(pieces) < n {
		counts := map[[2]string]int64{}
		for _, w := range list {
			for i := 1; i < len(w.parts); i++ {
				counts[[2]string{w.parts[i-1], w.parts[i]}] += w.count
			}
		}
		var best [2]string
		for p, n := range counts {
			text, length := p[0]+p[1], utf8.RuneCountInString(p[0]+p[1])
			bestText, bestLength := best[0]+best[1], utf8.RuneCountInString(best[0]+best[1])
			better := n > counts[best] || n == counts[best] && (length < bestLength || length == bestLength &&
				(text < bestText || text == bestText && p[0] < best[0]))
			if n >= 2 && length <= maxLength && better {
				best = p
			}
		}
		if best[0] == "" {
			break
		}
		if text := best[0] + best[1]; !slices.Contains(pieces, text) {
			pieces = append(pieces, text)
		}
		for k := range list {
			var parts []string
			for i := 0; i < len(list[k].parts); i++ {
				if i+1 < len(list[k].parts) && list[k].parts[i] == best[0] && list[k].parts[i+1] == best[1] {
					parts = append(parts, best[0]+best[1])
					i++
				} else {
					parts = append(parts, list[k].parts[i])
				}
			}
			list[k].parts = parts
		}
	}
	return pieces
}

func TestMergesAreThoseOfNaiveCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.RuneFrom([]rune("aaabbcé. ")), 2, 30, -1)
		words := wordsOf(rapid.SliceOfN(letters, 1, 25).Draw(t, "texts")...)
		alphabet := words.alphabet(rapid.SampledFrom([]float64{1, 0.95, 0.8}).Draw(t, "coverage"))
		n, maxLength := rapid.IntRange(0, 60).Draw(t, "n"), rapid.IntRange(2, 9).Draw(t, "max")
		got := newPairTrainer(words, alphabet, maxLength).merge(n)
		if want := naiveMerges(words, alphabet, n, maxLength); !slices.Equal(got, want) {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// trainingTexts are those of the oracle's texts that are UTF-8.
func trainingTexts(t testing.TB) []string {
	return slices.DeleteFunc(goldenTexts(t), func(text string) bool { return !utf8.ValidString(text) })
}

func trained(t testing.TB, texts []string) *Model {
	t.Helper()
	m, err := Train(wordsOf(texts...), TrainConfig{VocabSize: 900, CharacterCoverage: 0.97, MaxPieceLength: 16})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sentencepiece loads a trained model and encodes with it as we do. The golden
// model's bytes also pin the trainer: a change of them needs a new version of
// tokenize.train.
func TestTrainedModel(t *testing.T) {
	m := trained(t, trainingTexts(t))
	if *update {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(m.Marshal())
		z.Close()
		if err := os.WriteFile("testdata/trained.model.gz", b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(m.Marshal(), unzip(t, "trained.model.gz")) {
		t.Error("the trained model differs from testdata/trained.model.gz")
	}
	var g golden
	if err := json.Unmarshal(unzip(t, "trained.json.gz"), &g); err != nil {
		t.Fatal(err)
	}
	texts, e := goldenTexts(t), m.NewEncoder()
	for i, want := range g.IDs {
		if got := e.Encode([]int32{}, texts[i]); !cmp.Equal(got, want) {
			t.Errorf("text %d: %s", i, cmp.Diff(want, got))
		}
	}
	if len(g.IDs) < 500 || m.Size() != 900 || g.Size != 900 || m.BOS() != 1 || m.EOS() != 2 || m.Unk() != 0 || m.Pad() != -1 {
		t.Errorf("%d texts, %d pieces, bos %d, eos %d, unk %d, pad %d", len(g.IDs), m.Size(), m.BOS(), m.EOS(), m.Unk(), m.Pad())
	}
}

func TestTrainIgnoresOrder(t *testing.T) {
	texts := trainingTexts(t)
	want := trained(t, texts).Marshal()
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	if !bytes.Equal(trained(t, texts).Marshal(), want) {
		t.Error("the model depends on the order of the texts")
	}
}

func TestTrainTooSmall(t *testing.T) {
	_, err := Train(wordsOf("abc"), TrainConfig{VocabSize: 260, CharacterCoverage: 1, MaxPieceLength: 16})
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "vocab_size 260") {
		t.Errorf("got %v", err)
	}
}
