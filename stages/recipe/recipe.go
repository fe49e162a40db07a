// Package recipe says how a study makes texts of discharge summaries and labels of
// codes. Texts and labels that are used together are made by the same recipe.
package recipe

import (
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/text/sections"
)

// Recipe is a study's rules. They are values, so that a recipe can differ from
// another in one of them.
type Recipe struct {
	Quirks
	// Sections reads the admission sections of one discharge summary.
	Sections func(summary string) sections.Note
	// Diagnosis and Procedure are the categories of codes.
	Diagnosis, Procedure Category
}

// OfTable says whether what is read of one note depends on those of all patients: such
// a recipe needs text.core_notes.
func (r Recipe) OfTable() bool { return r.PandasOrder || r.DropDuplicateTexts }

// Config is the keys that the stages with a recipe share.
type Config struct {
	Recipe string    `json:"recipe" default:"clinical" enum:"clinical,core" doc:"how texts are made of discharge summaries, and labels of codes: clinical, the sound one, or core, what CORe's published scripts do (docs/recipes.md)"`
	Quirks Overrides `json:"quirks" told:"docs/recipes.md" doc:"single rules that differ from the recipe's own"`
}

// recipes by name: their quirks, and the version, which is raised when a rule changes
// that is no quirk.
var recipes = map[string]struct {
	version int
	quirks  Quirks
}{
	"clinical": {1, clinical},
	"core":     {1, core},
}

// New makes the recipe of a configuration.
func (c Config) New() (Recipe, error) {
	q, err := c.quirks()
	if err != nil {
		return Recipe{}, err
	}
	r := Recipe{Quirks: q, Sections: sections.Parse, Diagnosis: q.diagnosis, Procedure: q.procedure}
	switch {
	case q.CoreSections:
		r.Sections = sections.Pattern{HeaderAnywhere: q.HeaderAnywhere, StrictDoubleNewline: q.StrictDoubleNewline}.Parse
	case q.HeaderAnywhere:
		err = exit.Errorf(exit.Usage, "quirks.header_anywhere: headings are read by clinical's rules, which look at where they stand; set core_sections to true too")
	case q.StrictDoubleNewline:
		err = exit.Errorf(exit.Usage, "quirks.strict_double_newline: headings are read by clinical's rules, which need no empty line; set core_sections to true too")
	}
	return r, err
}

func (c Config) quirks() (Quirks, error) {
	if err := known(c.Recipe); err != nil {
		return Quirks{}, err
	}
	q, err := c.Quirks.over(recipes[c.Recipe].quirks)
	if err != nil {
		return q, exit.Errorf(exit.Usage, "quirks: %s", err)
	}
	return q, nil
}

func known(name string) error {
	if _, ok := recipes[name]; !ok {
		return exit.Errorf(exit.Usage, "no recipe %q, only %s", name, strings.Join(slices.Sorted(maps.Keys(recipes)), ", "))
	}
	return nil
}

// Name tells the recipe and the quirks that are not its own, such as
// core -death_filters. Equal names make equal texts and labels.
func (c Config) Name() string {
	q, err := c.quirks()
	if err != nil {
		return c.Recipe
	}
	return strings.Join(append([]string{c.Recipe}, q.unlike(recipes[c.Recipe].quirks)...), " ")
}
