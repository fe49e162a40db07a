package synth

import (
	"bytes"
	"embed"
	"math/rand/v2"
)

//go:embed articles/*.txt
var articlesGrammar embed.FS

// articles is the grammar of general medical text. It takes the words of the clinic from
// the notes' grammar, and has sentences of its own.
var articles = mustLoadGrammar(notesGrammar, articlesGrammar)

const (
	caseShare    = 0.6 // describe a case; the others are pages of textbooks
	printedShare = 0.4 // have lines of a page's width
	lineEnd      = "|" // in the articles' grammar
)

// Article is the text of a general medical article, which speaks of no patient of a tree,
// and its index terms, which a textbook's page has none of. They depend on the seed and
// the number alone. What they tell of is drawn evenly, so that it says nothing of what is
// frequent, or how admissions end.
func Article(seed, number int64) (text, terms string) {
	random := stream(seed, "article", number)
	levels := drawEvenly(random)
	expand := func(name string) []byte { return articles.find(name).expand(nil, &levels, random) }
	if random.Float64() < caseShare {
		return laidOut(expand("article.case"), random), laidOut(expand("article.terms"), random)
	}
	return laidOut(expand("article.textbook"), random), ""
}

// laidOut ends the lines of a text, which in a printed one are as wide as the page.
func laidOut(text []byte, random *rand.Rand) string {
	if random.Float64() < printedShare {
		return string(printed(text))
	}
	return string(bytes.ReplaceAll(text, []byte(lineEnd), []byte("\n")))
}

// printed breaks lines as a printed page does.
func printed(text []byte) (out []byte) {
	for line := range bytes.SplitSeq(text, []byte(lineEnd)) {
		out = wrap(out, line)
	}
	return out
}

// drawEvenly draws a level of every factor.
func drawEvenly(random *rand.Rand) (f Factors) {
	for i := range f {
		f[i] = uint8(random.IntN(factorLevels[i]))
	}
	return f
}
