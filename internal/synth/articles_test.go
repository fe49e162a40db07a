package synth

import (
	"regexp"
	"strings"
	"testing"
)

// sentencesOfNotes are the rules by which notes put sentences together. Words and stock
// phrases, such as findings of an exam, are everybody's.
var sentencesOfNotes = regexp.MustCompile(`^(history|social|family|instructions|followup|addendum|results\.line|medication|discharge_|disposition|condition|procedure|radiology\.(indication|close|addendum))$|^(hpi|course|sentinel)\.`)

func TestArticlesHaveSentencesOfTheirOwn(t *testing.T) {
	reached := map[*rule]bool{}
	articles.find("article.case").reach(reached)
	articles.find("article.terms").reach(reached)
	articles.find("article.textbook").reach(reached)
	if len(reached) < 60 {
		t.Fatalf("articles reach only %d rules", len(reached))
	}
	for name, r := range articles {
		if reached[r] && sentencesOfNotes.MatchString(name) {
			t.Errorf("articles use %s of the notes", name)
		}
	}
	for name := range notes {
		if strings.HasPrefix(name, "article") || strings.HasPrefix(name, "book") || strings.HasPrefix(name, "case") {
			t.Errorf("notes have the articles' rule %s", name)
		}
	}
}

func (r *rule) reach(seen map[*rule]bool) {
	if seen[r] {
		return
	}
	seen[r] = true
	for _, variant := range r.variants {
		for _, alternative := range variant {
			for _, p := range alternative {
				if p.rule != nil {
					p.rule.reach(seen)
				}
			}
		}
	}
}

func TestArticlesDependOnSeedAndNumberAlone(t *testing.T) {
	seen, cases := map[string]bool{}, 0
	for number := range int64(300) {
		text, terms := Article(1, number)
		if again, termsAgain := Article(1, number); again != text || termsAgain != terms {
			t.Fatalf("article %d is another one the second time", number)
		}
		if strings.ContainsAny(text+terms, "{}"+lineEnd) || len(text) < 40 {
			t.Errorf("article %d is %q", number, text)
		}
		if terms != "" {
			cases++
		}
		seen[text] = true
	}
	if len(seen) < 290 || cases < 140 || cases > 220 {
		t.Errorf("%d of 300 articles differ, %d have index terms", len(seen), cases)
	}
	one, _ := Article(1, 7)
	if other, _ := Article(2, 7); one == other {
		t.Error("another seed gives the same article")
	}
}

// TestArticlesNameWhatNotesTell: an index term stands for one level of
// one factor, so that a model can learn from them which words of notes mean the same.
func TestArticlesNameWhatNotesTell(t *testing.T) {
	seen := map[string]string{}
	for f := range factor(outcomeFactors) {
		name := factorNames[f] + ".term"
		r := articles.find(name)
		if len(r.variants) != f.levels() || r.factor != f {
			t.Fatalf("%s has %d levels of %s", name, len(r.variants), factorNames[r.factor])
		}
		for _, variant := range r.variants {
			for _, alternative := range variant {
				if other, twice := seen[alternative[0].literal]; twice {
					t.Errorf("%q is a term of %s and %s", alternative[0].literal, other, name)
				}
				seen[alternative[0].literal] = name
			}
		}
	}
}
