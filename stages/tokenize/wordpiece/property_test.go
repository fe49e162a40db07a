package wordpiece

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages/tokenize/added"
)

// reference encodes a text as the tokenizers library says it does: what lies between
// tokens is normalised as a whole, further tokens are looked for in that, and the rest
// is split into words, of which each piece is the longest that the vocabulary has.
func reference(t *Tokenizer, text string) (ids []int32) {
	for _, s := range slices.Collect(t.literal.NewSearch().Spans(text, false)) {
		if s.ID != added.Between {
			ids = append(ids, s.ID)
			continue
		}
		normal, _ := t.normalizer.append(nil, []byte(text[s.Start:s.End]), nil)
		for _, inner := range slices.Collect(t.normalized.NewSearch().Spans(string(normal), false)) {
			if inner.ID != added.Between {
				ids = append(ids, inner.ID)
				continue
			}
			for _, word := range referenceWords(string(normal[inner.Start:inner.End])) {
				ids = append(ids, referencePieces(t.vocabulary, []rune(word))...)
			}
		}
	}
	return ids
}

func referenceWords(text string) []string {
	var spaced strings.Builder
	for _, r := range text {
		if unicode.Is(punctuation, r) {
			spaced.WriteString(" " + string(r) + " ")
		} else {
			spaced.WriteRune(r)
		}
	}
	return strings.Fields(spaced.String())
}

func referencePieces(v *vocabulary, word []rune) (ids []int32) {
	if len(word) > v.maxRunes {
		return []int32{v.unk}
	}
	for at := 0; at < len(word); {
		end, pieces := len(word), v.ids
		if at > 0 {
			pieces = v.inside
		}
		for ; end > at; end-- {
			if id, known := pieces[string(word[at:end])]; known {
				ids = append(ids, id)
				break
			}
		}
		if end == at {
			return []int32{v.unk}
		}
		at = end
	}
	return ids
}

// checkFirst compares the first ids of a text, and those of the whole text after them,
// with the reference's.
func checkFirst(t interface{ Fatalf(string, ...any) }, of *Tokenizer, e *Encoder, text string, limit int) {
	want := reference(of, text)
	if got := e.Encode([]int32{7}, text, limit)[1:]; !slices.Equal(got, want[:min(limit, len(want))]) {
		t.Fatalf("%q limit %d: %d of %d", text, limit, got, want)
	}
	if got := e.Encode(nil, text, math.MaxInt); !slices.Equal(got, want) {
		t.Fatalf("%q: got %d, want %d", text, got, want)
	}
}

// tokenizers are those of the golden folders.
func tokenizers(t testing.TB) (of []*Tokenizer) {
	t.Helper()
	for _, golden := range goldens(t) {
		opened, err := openFolder(t, folder(t, golden.Files))
		must(t, err)
		of = append(of, opened)
	}
	return of
}

func TestEncodeIsAPrefix(t *testing.T) {
	of, texts := tokenizers(t), goldenTexts(t)
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SampledFrom(of).Draw(t, "tokenizer")
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(texts), 1, 3).Draw(t, "texts"), "")
		checkFirst(t, one, one.NewEncoder().(*Encoder), text, rapid.IntRange(0, 60).Draw(t, "limit"))
	})
}

// smallTokenizer draws pieces and tokens over few letters, so that they overlap, lack
// their halves and stand beside blanks and marks.
func smallTokenizer(t *rapid.T) *Tokenizer {
	letters := func(least int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			letter := rapid.SampledFrom([]string{"a", "b", "A", "é", "e", "\u0301", "日", "-", "#", " "})
			return strings.Join(rapid.SliceOfN(letter, least, 4).Draw(t, "letters"), "")
		})
	}
	prefix := rapid.SampledFrom([]string{"##", "#", "a", ""}).Draw(t, "prefix")
	pieces := []string{"[UNK]"}
	for _, piece := range rapid.SliceOfN(letters(0), 3, 40).Draw(t, "pieces") {
		pieces = append(pieces, rapid.SampledFrom([]string{"", prefix}).Draw(t, "place")+piece)
	}
	of := &Tokenizer{vocabulary: newVocabulary(pieces, prefix, rapid.IntRange(1, 9).Draw(t, "most"))}
	on := func(name string) bool { return rapid.Bool().Draw(t, name) }
	of.normalizer = normalizer{on("clean"), on("chinese"), on("accents"), on("lower")}
	for i, text := range rapid.SliceOfNDistinct(letters(1), 0, 3, rapid.ID).Draw(t, "tokens") {
		of.tokens = append(of.tokens, added.Token{
			ID: int32(len(pieces) + i), Content: text, SingleWord: on("word"), LStrip: on("left"), RStrip: on("right"), Normalized: on("normalized"), Special: on("special"),
		})
	}
	if of.takeTokens(on("split")) != nil {
		t.Skip("a token of accents alone")
	}
	return of
}

func TestSegmentsAndCacheChangeNothing(t *testing.T) {
	part := rapid.SampledFrom([]string{
		"a", "b", "A", "ab", "éa", "e\u0301", "\u0323\u0301", "\u302e\u0345", "日本", " ", "\n", "\x0b", "\x00", "-", "#", "≮", "İ", "ΑΣ", "\u00a0", "\u200d", "\xff", "\xe2", "\x96\x81", "한",
		strings.Repeat("ab", 40),
	})
	rapid.Check(t, func(t *rapid.T) {
		of := smallTokenizer(t)
		e := of.NewEncoder().(*Encoder)
		for range 4 { // the later ones find segments in the cache
			text := strings.Join(rapid.SliceOfN(part, 0, 30).Draw(t, "parts"), "")
			checkFirst(t, of, e, text, rapid.IntRange(0, 20).Draw(t, "limit"))
		}
	})
}

func FuzzEncode(f *testing.F) {
	of := tokenizers(f)
	encoders := make([]*Encoder, len(of)) // kept, with their caches
	for i, one := range of {
		encoders[i] = one.NewEncoder().(*Encoder)
	}
	for i, text := range goldenTexts(f)[:80] {
		f.Add(text, uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, one, limit uint8) {
		i := int(one) % len(of)
		checkFirst(t, of[i], encoders[i], text, int(limit))
	})
}
