package main

import (
	"context"
	"embed"
	"io/fs"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// The stage's examples are tests, and `negations stages text.negations` shows them.
//
//go:embed examples
var files embed.FS

// What the stage makes: a kind of dataset with one table.
const (
	kindNegations  = "negations"
	tableNegations = "negations"
)

// Negations is a row of the table: how often the present illness says no. Rows of a
// part are in the order of the texts.
type Negations struct {
	TextID    string `parquet:"text_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
	Words     int32  `parquet:"words"`     // of the present illness
	Negations int32  `parquet:"negations"` // how many of them negate
}

func init() {
	dataset.RegisterTable[Negations](tableNegations, 1)
	stages.RegisterMap(stages.Spec{
		Name:    "text.negations",
		Version: 1,
		Doc: "Counts the words that negate in the present illness of each text. " +
			"There is one row a text, in the order of the texts. A text without a present illness has none and is counted under dropped.no_present_illness.",
		In: []stages.Port{{
			Name: "texts", Kind: task.KindTexts, Tables: []string{task.TableTexts}, Sharded: true,
			Doc: "the texts, such as text.admission makes",
		}},
		Out: stages.Output{Kind: kindNegations, Tables: []string{tableNegations}},
	}, newNegations)
	examples, err := fs.Sub(files, "examples")
	if err == nil {
		err = stages.Default.AddExamples(examples)
	}
	if err != nil {
		panic(err)
	}
}

// Config is the configuration of text.negations.
type Config struct {
	Words []string `json:"words" default:"[\"no\",\"not\",\"without\",\"denies\",\"denied\"]" doc:"words that negate, in lower case"`
}

type negations struct{ words []string }

func newNegations(_ *stages.Environment, config Config) (stages.Map, error) {
	for _, word := range config.Words {
		if word == "" || word != strings.ToLower(word) {
			return nil, stages.Errorf(stages.Usage, "words: %q is not a word in lower case", word)
		}
	}
	return negations{config.Words}, nil
}

// Part counts in the texts of one part.
func (n negations) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	rows, err := dataset.Rows[Negations](out, tableNegations)
	if err != nil {
		return err
	}
	texts := in.One("texts")
	for text, err := range dataset.Read[task.Text](ctx, texts, task.TableTexts, part) {
		if err != nil {
			return err
		}
		if text.Withdrawn {
			continue
		}
		out.Count("read", 1)
		note, ok := sections.Written(text.Text)
		if !ok { // the error names the place, never the text
			return stages.Errorf(stages.BadData, "%s: part %d: the text of hadm_id %d has other sections than text.admission writes", texts.URI(), part, text.HadmID)
		}
		illness := wordsOf(note[sections.PresentIllness])
		if len(illness) == 0 {
			out.Count("dropped.no_present_illness", 1)
			continue
		}
		row := Negations{TextID: text.TextID, SubjectID: text.SubjectID, HadmID: text.HadmID, Words: int32(len(illness)), Negations: n.in(illness)}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// in counts the words that negate.
func (n negations) in(words []string) (count int32) {
	for _, word := range words {
		if slices.Contains(n.words, word) {
			count++
		}
	}
	return count
}

// wordsOf are the words of a text in lower case, without the punctuation around them.
func wordsOf(text string) []string {
	words := strings.Fields(strings.ToLower(text))
	for i, word := range words {
		words[i] = strings.Trim(word, ".,;:()\"")
	}
	return words
}
