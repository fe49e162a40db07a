package bytebpe

import (
	"math/bits"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages/tokenize/added"
)

// opened are the tokenizers of all goldens, and their texts.
func opened(t testing.TB) (all []*Tokenizer, texts []string) {
	for _, g := range goldens(t) {
		for _, c := range g.Cases {
			of, err := openFolder(t, folder(t, changed(t, g.Files, c.Changes)))
			must(t, err)
			all = append(all, of)
			for _, text := range c.Texts {
				texts = append(texts, bytesOfText(text))
			}
		}
	}
	return all, texts
}

// checkFirst compares the first ids of a text with those of the whole, and with those
// of an encoder that met nothing before.
func checkFirst(t interface{ Fatalf(string, ...any) }, of *Tokenizer, used interface {
	Encode([]int32, string, int) []int32
}, text string, limit int) {
	whole := all(of.NewEncoder(), text)
	if got := used.Encode([]int32{7}, text, limit)[1:]; !slices.Equal(got, whole[:min(limit, len(whole))]) {
		t.Fatalf("%q limit %d: %d of %d", text, limit, got, whole)
	}
}

// The first ids of a text are those of the whole, and what an encoder keeps changes
// nothing.
func TestEncodeIsAPrefix(t *testing.T) {
	tokenizers, texts := opened(t)
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SampledFrom(tokenizers).Draw(t, "tokenizer")
		e := of.NewEncoder()
		for range 3 {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(texts), 1, 3).Draw(t, "texts"), "")
			checkFirst(t, of, e, text, rapid.IntRange(0, 60).Draw(t, "limit"))
		}
	})
}

func FuzzEncode(f *testing.F) {
	tokenizers, texts := opened(f)
	for i, text := range texts[:200] {
		f.Add(text, uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, of, limit uint8) {
		tokenizer := tokenizers[int(of)%len(tokenizers)]
		checkFirst(t, tokenizer, tokenizer.NewEncoder(), text, int(limit))
	})
}

// No text is lost: what stands for its ids is the text, with U+FFFD for what was no
// UTF-8.
func TestDecodeRestoresText(t *testing.T) {
	var plain []*Tokenizer
	tokenizers, texts := opened(t)
	for _, of := range tokenizers {
		if !of.pipeline.nfc && !of.pipeline.prefixSpace {
			of.literal, of.normalized = added.NewMatcher(nil, added.Options{}), added.NewMatcher(nil, added.Options{}) // special tokens stand for no text
			plain = append(plain, of)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SampledFrom(plain).Draw(t, "tokenizer")
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(texts)).Draw(t, "text")
		got, err := of.Decode(all(of.NewEncoder(), text))
		if want := valid(text); err != nil || got != want || !utf8.ValidString(got) {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	})
}

// Words that are found together are those that are found one by one.
func TestEnds(t *testing.T) {
	_, texts := opened(t)
	found, words := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.StringMatching(`[ \t(']?[a-zA-Z@\[`+"`"+`{\x{e9}]{0,20}[ .,\n]{0,3}`), rapid.StringMatching(`[ \n.(a7'sl]{0,80}|[a.]{0,60}\n {0,9}[a\n]`),
			rapid.StringMatching(`[0-9]{0,9}`), rapid.SampledFrom(texts))
		text := []byte(valid(strings.Join(rapid.SliceOfN(part, 1, 12).Draw(t, "parts"), "")))
		for _, s := range scanners {
			f, w := checkEnds(t, s, text)
			found, words = found+f, words+w
		}
	})
	if found*10 < words*8 {
		t.Errorf("%d of %d words were found together", found, words)
	}
}

// checkEnds finds the words of a text in both ways.
func checkEnds(t interface{ Fatalf(string, ...any) }, s *scanner, text []byte) (found, words int) {
	for rest := append(slices.Clone(text), beyond[:]...)[:len(text)]; len(rest) > 0; {
		ends, from := s.ends(rest), 0
		for at := ends; at != 0; at &= at - 1 {
			to := from + s.word(rest[from:])
			if got := bits.TrailingZeros64(at); got != to {
				t.Fatalf("%q: %d, want %d", rest[from:], got-from, to-from)
			}
			found, words, from = found+1, words+1, to
		}
		if ends == 0 {
			words, from = words+1, s.word(rest)
		}
		rest = rest[from:]
	}
	return found, words
}

func FuzzEnds(f *testing.F) {
	_, texts := opened(f)
	for _, text := range texts[:200] {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range scanners {
			checkEnds(t, s, []byte(valid(text)))
		}
	})
}
