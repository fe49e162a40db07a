package sentencepiece

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// wholeText encodes a text as the reference has it, without cuts, caches and tables: of
// the neighbours whose joined text is a piece those of the highest score are joined, the
// leftmost of equals, until there are none.
func wholeText(m *Model, text string) (ids []int32) {
	var symbols []string
	frozen := map[int]bool{} // by the symbol's distance from the end of text
	rest := m.normalize(nil, text, m.normalizer.addDummyPrefix)
	for len(rest) > 0 {
		size := longestPrefix(&m.userPieces, rest)
		if frozen[len(rest)] = size > 0; size == 0 {
			size = charLen(rest)
		}
		symbols, rest = append(symbols, string(rest[:size])), rest[size:]
	}
	halves := map[string]string{} // the left one of an unused piece
	for {
		best, behind := -1, 0
		for i := len(symbols) - 2; i >= 0; i-- {
			behind += len(symbols[i+1])
			id, ok := m.ids[symbols[i]+symbols[i+1]]
			if !ok || frozen[behind] || frozen[behind+len(symbols[i])] {
				continue
			}
			if p := m.pieces[id]; p.Type == Unused {
				halves[p.Text] = symbols[i]
			}
			if best < 0 || m.pieces[id].Score >= m.pieces[m.ids[symbols[best]+symbols[best+1]]].Score {
				best = i
			}
		}
		if best < 0 {
			break
		}
		symbols[best] += symbols[best+1]
		symbols = slices.Delete(symbols, best+1, best+2)
	}
	for _, symbol := range symbols {
		ids = appendNamed(ids, m, halves, symbol)
	}
	return ids
}

func appendNamed(ids []int32, m *Model, halves map[string]string, symbol string) []int32 {
	id, ok := m.ids[symbol]
	left, isUnused := halves[symbol]
	switch {
	case isUnused:
		return appendNamed(appendNamed(ids, m, halves, left), m, halves, symbol[len(left):])
	case ok:
		return append(ids, id)
	case !m.trainer.byteFallback && len(ids) > 0 && ids[len(ids)-1] == m.unk:
		return ids
	case !m.trainer.byteFallback:
		return append(ids, m.unk)
	}
	for _, b := range []byte(symbol) {
		ids = append(ids, m.byteIDs[b])
	}
	return ids
}

// smallModel draws a vocabulary over few letters, so that pieces overlap, hold
// the space anywhere, lack their halves and tie in score. Half of the models are plain.
func smallModel(t *rapid.T) *Model {
	m := &Model{trainer: defaultTrainer(), normalizer: trainedNormalizer(), pieces: []Piece{{"<unk>", 0, Unknown}}}
	m.trainer.modelType, m.trainer.byteFallback = modelBPE, true
	m.normalizer.addDummyPrefix = rapid.Bool().Draw(t, "prefix")
	kinds := []Type{Normal, Normal, Normal, Normal, Normal, Unused}
	plain := rapid.Bool().Draw(t, "plain")
	if !plain {
		kinds = append(kinds, UserDefined)
		drawSettings(t, m)
	}
	if m.trainer.byteFallback {
		for b := range 256 {
			m.pieces = append(m.pieces, Piece{bytePiece(byte(b)), 0, Byte})
		}
	}
	letter := rapid.SampledFrom([]string{"a", "b", "\n", space, "é", "ß", " ", anyByte})
	piece := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(letter, 1, 5).Draw(t, "letters"), "")
	})
	for _, text := range rapid.SliceOfNDistinct(piece, 5, 60, rapid.ID).Draw(t, "pieces") {
		score := float32(rapid.IntRange(-5, 5).Draw(t, "score"))
		m.pieces = append(m.pieces, Piece{text, score, rapid.SampledFrom(kinds).Draw(t, "type")})
	}
	if err := m.index(); err != nil {
		t.Fatal(err)
	}
	if plain && !m.plain {
		t.Fatal("a model with LLaMA's settings is not plain")
	}
	return m
}

func drawSettings(t *rapid.T, m *Model) {
	m.normalizer.removeExtraWhitespaces = rapid.Bool().Draw(t, "remove")
	m.normalizer.escapeWhitespaces = rapid.Bool().Draw(t, "escape")
	m.trainer.whitespaceAsSuffix = rapid.Bool().Draw(t, "suffix")
	m.trainer.byteFallback = rapid.Bool().Draw(t, "bytes")
	if rapid.Bool().Draw(t, "rule") {
		m.normalizer.charsmap = brokenRule()
	}
}

// brokenRule is a normalisation rule that replaces the letters p to s by parts of
// characters, so that bytes of two replacements make one character, also a space.
func brokenRule() []byte {
	units, replacements := make([]uint32, 768), "\x00"
	const root = 256 // the children of the root are the units root^byte, their leaves lie 512 away
	units[0] = root << 10
	for i, replacement := range []string{"\xe2", "\xe2\x96", "\x96\x81", "\x81"} {
		letter := 'p' + uint32(i)
		node := root ^ letter
		units[node] = 768<<10 | 1<<8 | letter
		units[node^768] = uint32(len(replacements))
		replacements += replacement + "\x00"
	}
	blob := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, unit := range units {
		blob = binary.LittleEndian.AppendUint32(blob, unit)
	}
	return append(blob, replacements...)
}

func smallText(t *rapid.T) string {
	part := rapid.SampledFrom([]string{"a", "b", "aé", "ßb", "\n", " ", "é", "ß", "z", "日", "\xff", "\xe2", "\x96", "\x81", space, "     ", "p", "s", "apr", "bqs", " qs", space + space + "qs", strings.Repeat("ab", 40), anyByte, strings.Repeat("ba\xff ", 20)})
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

// checkFirst compares the first ids of a text, which is normalised in steps of so
// many bytes, with those of the text that is taken whole.
func checkFirst(t interface{ Fatalf(string, ...any) }, e *Encoder, text string, limit, step int) {
	want := wholeText(e.model, text)
	e.step = step
	if got := e.EncodeFirst([]int32{e.model.unk}, text, limit)[1:]; !slices.Equal(got, want[:min(limit, len(want))]) {
		t.Fatalf("%q, limit %d, step %d: got %d of %d", text, limit, step, got, want)
	}
	if got := e.Encode(nil, text); !slices.Equal(got, want) {
		t.Fatalf("%q, step %d, after a shorter encoding: got %d, want %d", text, step, got, want)
	}
}

func TestEncodeFirstIsAPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, text := smallModel(t).NewEncoder(), smallText(t)
		checkFirst(t, e, text, rapid.IntRange(0, 40).Draw(t, "limit"), rapid.IntRange(1, 30).Draw(t, "step"))
	})
}

// The reference's texts, by models of every make that it trained.
func TestEncodeFirstOfGoldenTexts(t *testing.T) {
	for _, name := range goldenModels {
		e := goldenModel(t, name).NewEncoder()
		for i, text := range goldenTexts(t) {
			checkFirst(t, e, text, i%50, 1+i%7)
		}
	}
}

func FuzzEncodeFirst(f *testing.F) {
	var encoders []*Encoder
	for i, name := range goldenModels {
		encoders = append(encoders, goldenModel(f, name).NewEncoder())
		for j, text := range goldenTexts(f)[:20] {
			f.Add(text, uint8(i), uint8(j), uint8(j))
		}
	}
	f.Fuzz(func(t *testing.T, text string, model, limit, step uint8) {
		checkFirst(t, encoders[int(model)%len(encoders)], text, int(limit), 1+int(step))
	})
}

// What a text has after its first ids costs nothing.
func TestEncodeFirstLeavesTheRest(t *testing.T) {
	e := goldenModel(t, "llama").NewEncoder()
	note := strings.Repeat("Pt ___ seen on day 3, denies chest pain.\n", 10_000)
	e.EncodeFirst(nil, note, 128)
	if got := len(note) - len(e.window.rest); got > 2*defaultStep {
		t.Errorf("%d bytes were looked at for 128 ids", got)
	}
}

// A full cache is emptied; ids must not depend on it.
func TestCacheOverflow(t *testing.T) {
	m := goldenModel(t, "llama")
	e := m.NewEncoder()
	for i := range 3 * wordFill {
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

// BenchmarkEncodeFirst takes 128 ids of a note of 20 kB, as tokenize.notes does.
func BenchmarkEncodeFirst(b *testing.B) {
	e, ids := goldenModel(b, "llama").NewEncoder(), []int32(nil)
	note := strings.Repeat("Pt ___ seen on day 3, HR 61, denies chest pain; team called.\n", 330)
	b.ReportAllocs()
	for b.Loop() {
		ids = e.EncodeFirst(ids[:0], note, 128)
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
