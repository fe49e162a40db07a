package task

import (
	"slices"

	"github.com/clinflow/clinflow/dataset"
)

// TextsAttribute is the name under which the manifests of texts, and of their tokens,
// say what the texts are.
const TextsAttribute = "texts"

// What texts are made of.
const (
	OfAdmission = "admission" // what was known when the patient came
	OfNotes     = "notes"     // whole notes, which tell how the stay ended
)

// OfTask is what texts are made of that a task of one's own declares. declaration tells
// it from another task of the name.
func OfTask(name, declaration string) string { return "task " + name + " (" + declaration + ")" }

// Deaths are mentions of the patient's death.
const Deaths = "deaths"

// Texts say what is in texts, and of a task what its texts must be: a text that tells
// the outcome would be learned from and judged by.
type Texts struct {
	Of      string   `json:"of,omitempty"`      // OfAdmission, OfNotes, OfTask; "" is not known, and of a task: any
	Without []string `json:"without,omitempty"` // what was taken out of them, such as Deaths
}

// TextsOf is what a dataset of texts or tokens holds, zero where its manifest does not
// tell.
func TextsOf(d *dataset.Dataset) (t Texts, err error) {
	_, err = d.Attribute(TextsAttribute, &t)
	return t, err
}

// Lacks says in words what is wrong with texts for a task that needs t, "" where
// nothing is. given are those of all datasets that the texts come from; of texts that
// are not known nothing is said.
func (t Texts) Lacks(given []Texts) string {
	var without []string
	for _, g := range given {
		if g.Of == "" {
			return ""
		}
		switch {
		case t.Of == OfAdmission && g.Of == OfNotes:
			return "the texts are whole notes, which tell how the stay ended; give tokens of text.admission"
		case t.Of == OfAdmission && g.Of != OfAdmission:
			return "the texts are those of the " + g.Of + ", which may be of later; give tokens of text.admission"
		case t.Of != "" && t.Of != OfAdmission && g.Of != t.Of:
			return "the texts are not those of the " + t.Of + "; give tokens of text.task with the same task"
		}
		without = append(without, g.Without...)
	}
	for _, what := range t.Without {
		if !slices.Contains(without, what) {
			return "the texts may tell of the patient's death, which is the label; list the tokens of text.without_deaths behind them, or set the labels' quirk death_filters to false"
		}
	}
	return ""
}
