package sentencepiece

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// wholeText encodes as one segment, without cuts or cache: the algorithm as the
// reference has it.
func wholeText(m *Model, text string) []int32 {
	e := m.NewEncoder()
	segment := m.normalize(nil, []byte(text), m.normalizer.addDummyPrefix)
	if len(segment) == 0 {
		return nil
	}
	return e.merge(nil, 0, segment)
}

// smallModel draws a vocabulary over few letters, so that pieces overlap, hold
// the space anywhere, lack their halves and tie in score.
func smallModel(t *rapid.T) *Model {
	letter := rapid.SampledFrom([]string{"a", "b", "\n", space, "é", "ß"})
	piece := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(letter, 1, 5).Draw(t, "letters"), "")
	})
	m := &Model{trainer: defaultTrainer(), normalizer: defaultNormalizer(), pieces: []Piece{{"<unk>", 0, Unknown}}}
	m.trainer.modelType = modelBPE
	m.normalizer.removeExtraWhitespaces = rapid.Bool().Draw(t, "remove")
	m.trainer.byteFallback = rapid.Bool().Draw(t, "bytes")
	if m.trainer.byteFallback {
		for b := range 256 {
			m.pieces = append(m.pieces, Piece{bytePiece(byte(b)), 0, Byte})
		}
	}
	for _, text := range rapid.SliceOfNDistinct(piece, 5, 60, rapid.ID).Draw(t, "pieces") {
		score := float32(rapid.IntRange(-5, 5).Draw(t, "score"))
		kind := rapid.SampledFrom([]Type{Normal, Normal, Normal, Normal, Normal, Unused, UserDefined}).Draw(t, "type")
		m.pieces = append(m.pieces, Piece{text, score, kind})
	}
	if err := m.index(); err != nil {
		t.Fatal(err)
	}
	return m
}

func smallText(t *rapid.T) string {
	part := rapid.SampledFrom([]string{"a", "b", "aé", "ßb", "\n", " ", "é", "ß", "z", "日", "\xff", strings.Repeat("ab", 40)})
	return strings.Join(rapid.SliceOfN(part, 0, 60).Draw(t, "parts"), "")
}

func TestCutsAndCacheChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := smallModel(t)
		e := m.NewEncoder()
		for range 4 { // the later ones find segments in the cache
			text := smallText(t)
			if got, want := e.Encode(nil, text), wholeText(m, text); !slices.Equal(got, want) {
				t.Fatalf("%q: %s", text, cmp.Diff(want, got))
			}
		}
	})
}

func TestEncodeFirstIsAPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, text, limit := smallModel(t), smallText(t), rapid.IntRange(0, 40).Draw(t, "limit")
		want := m.NewEncoder().Encode(nil, text)
		got := m.NewEncoder().EncodeFirst([]int32{m.unk}, text, limit)
		if !slices.Equal(got[1:], want[:min(limit, len(want))]) {
			t.Fatalf("%q limit %d: got %d of %d", text, limit, got[1:], want)
		}
	})
}

// A full cache is emptied; ids must not depend on it.
func TestCacheOverflow(t *testing.T) {
	m := goldenModel(t, "llama")
	e := m.NewEncoder()
	for i := range 3 * cacheFill {
		text := fmt.Sprintf("w%xk", i*2654435761)
		if i%997 != 0 {
			e.Encode(nil, text)
		} else if got, want := e.Encode(nil, text), wholeText(m, text); !slices.Equal(got, want) {
			t.Fatalf("word %d: %s", i, cmp.Diff(want, got))
		}
	}
}

// With byte fallback and all spaces kept, no text is lost.
func TestDecodeRestoresText(t *testing.T) {
	m := goldenModel(t, "llama")
	e := m.NewEncoder()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Custom(smallText)).Draw(t, "text")
		if !utf8.ValidString(text) || strings.Contains(text, space) {
			t.Skip()
		}
		if got, err := m.Decode(e.Encode(nil, text)); err != nil || got != text {
			t.Fatalf("got %q, %v, want %q", got, err, text)
		}
	})
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	e, ids := goldenModel(t, "llama").NewEncoder(), make([]int32, 0, 1<<12)
	texts := goldenTexts(t)[:200]
	run := func() {
		for _, text := range texts {
			ids = e.Encode(ids[:0], text)
		}
	}
	run()
	if n := testing.AllocsPerRun(3, run); n > 0 {
		t.Errorf("%v allocations for %d texts with warm buffers", n, len(texts))
	}
}

func BenchmarkEncode(b *testing.B) {
	m, texts := goldenModel(b, "llama"), goldenTexts(b)
	e, ids, tokens := m.NewEncoder(), []int32(nil), 0
	for b.Loop() {
		for _, text := range texts {
			ids = e.Encode(ids[:0], text)
			tokens += len(ids)
		}
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}
