package synth

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestGrammarExpands(t *testing.T) {
	g := grammar{}
	err := g.parse("say oxygen=0\n  {Word} calm\nsay oxygen=2\n  {#5-5} tubes at {#1.5-1.5}\nsay oxygen=1\n  ~\nword\n  quite\n")
	if err != nil {
		t.Fatal(err)
	}
	for level, want := range []string{"Quite calm", "", "5 tubes at 1.5"} {
		var f Factors
		f[oxygen] = uint8(level)
		if got := string(g.find("say").expand(nil, &f, stream(1, "test", 0))); got != want {
			t.Errorf("level %d: %q, want %q", level, got, want)
		}
	}
}

func TestGrammarRefuses(t *testing.T) {
	for _, text := range []string{"  orphan\n", "rule oxygen=3\n", "rule nothing=0\n", "rule\n  {open\n", "rule\n  {#9-1}\n", "rule\n  {#a-b}\n", "rule\n  {}\n"} {
		if err := (grammar{}).parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// TestLevelsShareNoPhrase: a phrase that stood for two levels would hide which.
func TestLevelsShareNoPhrase(t *testing.T) {
	for _, name := range []string{"complaint", "shock", "oxygen", "mental", "frail", "renal", "lung", "fever", "onset"} {
		seen := map[string]bool{}
		for _, variant := range notes.find(name).variants {
			if len(variant) < 3 {
				t.Errorf("%s: a level has only %d phrases", name, len(variant))
			}
			for _, alternative := range variant {
				if phrase := alternative[0].literal; seen[phrase] || len(alternative) != 1 {
					t.Errorf("%s: %q is no phrase of one level", name, phrase)
				} else {
					seen[phrase] = true
				}
			}
		}
	}
}

// TestSentinelWordsAreTheirOwn: no other text of the grammar holds one.
func TestSentinelWordsAreTheirOwn(t *testing.T) {
	var words []string
	for _, list := range Sentinels() {
		words = append(words, list...)
	}
	if len(words) < 20 {
		t.Fatalf("only %d sentinel words", len(words))
	}
	for name, r := range notes {
		for _, variant := range r.variants {
			for _, alternative := range variant {
				for _, p := range alternative {
					hit := slices.IndexFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(p.literal), w) })
					if hit >= 0 && !strings.HasPrefix(name, "sentinel.") {
						t.Errorf("rule %s holds a sentinel word", name)
					}
				}
			}
		}
	}
}

// TestWordsToLearn: several hundred word types, so that a language model has
// something to learn.
func TestWordsToLearn(t *testing.T) {
	types := map[string]int{}
	for _, note := range summaries(t, Options{Patients: 1000, Seed: 2}) {
		for _, word := range strings.FieldsFunc(strings.ToLower(note["text"]), func(r rune) bool { return r < 'a' || r > 'z' }) {
			types[word]++
		}
	}
	frequent := 0
	for _, count := range types {
		if count >= 20 {
			frequent++
		}
	}
	if frequent < 600 {
		t.Errorf("only %d word types occur twenty times", frequent)
	}
}
