package hf

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// reference encodes a whole text as the tokenizers library says it does: what lies
// between the literal tokens is copied with its spaces replaced, and the others are
// looked for in the copy.
func reference(t *Tokenizer, text string) (ids []int32) {
	pieces := t.model.NewEncoder()
	plain := func(text string, prefix bool) {
		if prefix {
			ids = pieces.Encode(ids, text)
		} else {
			ids = pieces.EncodeInside(ids, text, math.MaxInt)
		}
	}
	copied := *t.normalized
	copied.Blanks = false
	for _, outer := range slices.Collect(t.literal.NewSearch().Spans(text, false)) {
		if outer.ID != added.Between {
			ids = append(ids, outer.ID)
			continue
		}
		normal := t.rule.normalize(text[outer.Start:outer.End])
		for _, s := range slices.Collect(copied.NewSearch().Spans(normal, false)) {
			if s.ID != added.Between {
				ids = append(ids, s.ID)
			} else {
				part := normal[s.Start:s.End]
				plain(part, !t.rule.replaced && t.rule.wanted(part, outer.Start == 0 && s.Start == 0))
			}
		}
	}
	return ids
}

// checkFirst compares the first ids of a text, and those of the whole text after
// them, with the reference's.
func checkFirst(t interface{ Fatalf(string, ...any) }, of *Tokenizer, text string, limit int) {
	e, want := of.NewEncoder(), reference(of, text)
	if got := e.Encode([]int32{7}, text, limit)[1:]; !slices.Equal(got, want[:min(limit, len(want))]) {
		t.Fatalf("%q limit %d: %d of %d", text, limit, got, want)
	}
	if got := all(e, text); !slices.Equal(got, want) {
		t.Fatalf("%q: got %d, want %d", text, got, want)
	}
}

// The first ids of a text are those of the whole, tokens included, and buffers that
// an encoder keeps change nothing.
func TestEncodeIsAPrefix(t *testing.T) {
	var tokenizers []*Tokenizer
	var texts []string
	for _, golden := range goldens(t) {
		tokenizer, err := openFolder(t, folder(t, golden.Files))
		must(t, err)
		tokenizers, texts = append(tokenizers, tokenizer), append(texts, golden.Texts...)
	}
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SampledFrom(tokenizers).Draw(t, "tokenizer")
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(texts), 1, 3).Draw(t, "texts"), "")
		checkFirst(t, of, text, rapid.IntRange(0, 60).Draw(t, "limit"))
	})
}

// tokensOver draws added tokens over few letters, so that they overlap, stand
// beside blanks and begin where a text does.
func tokensOver(t *rapid.T, model *sentencepiece.Model) *Tokenizer {
	content := rapid.Custom(func(t *rapid.T) string {
		letter := rapid.SampledFrom([]string{"a", "b", " ", space, "\n", "é"})
		return strings.Join(rapid.SliceOfN(letter, 1, 3).Draw(t, "letters"), "")
	})
	var tokens []added.Token
	for i, text := range rapid.SliceOfNDistinct(content, 1, 6, rapid.ID).Draw(t, "tokens") {
		tokens = append(tokens, added.Token{
			ID: int32(model.Size() + i), Content: text,
			SingleWord: rapid.Bool().Draw(t, "word"), LStrip: rapid.Bool().Draw(t, "left"), RStrip: rapid.Bool().Draw(t, "right"),
			Normalized: rapid.Bool().Draw(t, "normalized"), Special: rapid.Bool().Draw(t, "special"),
		})
	}
	of := &Tokenizer{model: model, rule: rapid.SampledFrom([]rule{
		{prefix: each, replaced: true}, {prefix: never, replaced: true}, {prefix: never}, {prefix: first}, {prefix: always}, {prefix: each},
	}).Draw(t, "rule")}
	of.take(tokens, rapid.Bool().Draw(t, "split"))
	return of
}

func TestEncodeWithAnyTokens(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(trained, ModelFile))
	must(t, err)
	plain, err := sentencepiece.Parse(file)
	must(t, err)
	// A further piece, user-defined (type 4), that holds a blank.
	own, err := sentencepiece.Parse(append(file, 1<<3|2, 7, 1<<3|2, 3, 'a', ' ', 'b', 3<<3, 4))
	must(t, err)
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"a", "b", " ", "  ", space, "\n", "é", "ab", "a b", "\xff", "\xe2", "\x96\x81", "chest pain"})
		text := strings.Join(rapid.SliceOfN(part, 0, 30).Draw(t, "parts"), "")
		model := rapid.SampledFrom([]*sentencepiece.Model{plain, own}).Draw(t, "model")
		checkFirst(t, tokensOver(t, model), text, rapid.IntRange(0, 20).Draw(t, "limit"))
	})
}

func FuzzEncode(f *testing.F) {
	var tokenizers []*Tokenizer
	for i, golden := range goldens(f) {
		tokenizer, err := openFolder(f, folder(f, golden.Files))
		must(f, err)
		tokenizers = append(tokenizers, tokenizer)
		f.Add(golden.Texts[i%len(golden.Texts)], uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, of, limit uint8) {
		checkFirst(t, tokenizers[int(of)%len(tokenizers)], text, int(limit))
	})
}
