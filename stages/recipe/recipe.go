// Package recipe says how a study makes texts of discharge summaries and labels of
// codes. Texts and labels that are used together are made by the same recipe.
package recipe

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/text/sections"
)

// Recipe is a study's rules. They are values, so that a recipe can differ from
// another in one of them.
type Recipe struct {
	Name string
	// Addenda says whether addenda to a discharge summary are read too. They are
	// written after the fact and have no admission sections of their own: they can
	// only bring in what came later.
	Addenda bool
	// Errors says whether notes that are marked as errors are read too.
	Errors bool
	// Sections reads the admission sections of one discharge summary.
	Sections func(summary string) sections.Note
	// Diagnosis and Procedure are the categories of codes.
	Diagnosis, Procedure Category
}

// Category is the labels that a code falls under: one mostly, none where there is none
// for it, several where the code stands for several of another classification. The
// version is that of ICD, 9 or 10.
type Category func(version int, code string) []string

// Config is the key that the stages with a recipe share.
type Config struct {
	Recipe string `json:"recipe" default:"clinical" enum:"clinical" doc:"how texts are made of discharge summaries, and labels of codes"`
}

// recipes make a recipe from the inputs of a stage, such as a table of codes: none of
// the present ones needs any.
var recipes = map[string]func(ctx context.Context, in stages.Inputs) (Recipe, error){
	"clinical": clinical,
}

// New makes the recipe of a configuration.
func (c Config) New(ctx context.Context, in stages.Inputs) (Recipe, error) {
	build, ok := recipes[c.Recipe]
	if !ok {
		return Recipe{}, exit.Errorf(exit.Usage, "no recipe %q, only %s", c.Recipe, strings.Join(slices.Sorted(maps.Keys(recipes)), ", "))
	}
	return build(ctx, in)
}

// clinical reads each discharge summary by its headings, leaves addenda out, unlike
// CORe, which joins them to the report, and keeps codes in the version of ICD that
// they were given in.
func clinical(context.Context, stages.Inputs) (Recipe, error) {
	return Recipe{Name: "clinical", Sections: sections.Parse, Diagnosis: nativeDiagnosis, Procedure: nativeProcedure}, nil
}

// nativeDiagnosis is a diagnosis' category in the ICD version it was coded in.
// ICD-9's external causes have one character more: E and three digits.
func nativeDiagnosis(version int, code string) []string {
	if version == 9 && strings.HasPrefix(code, "E") {
		return native(version, code, 4)
	}
	return native(version, code, 3)
}

// nativeProcedure has three characters in both versions. Leading zeros are part
// of a code: 0331 is a spinal tap, 331 would be an operation on the lung.
func nativeProcedure(version int, code string) []string { return native(version, code, 3) }

// native cuts a code and puts its version in front: E88 is a metabolic disorder
// in ICD-10 and the beginning of a fall in ICD-9.
func native(version int, code string, characters int) []string {
	prefix := map[int]string{9: "9:", 10: "10:"}[version]
	if prefix == "" || code == "" {
		return nil
	}
	return []string{prefix + cut(code, characters)}
}

// cut is a text's first n characters, all where it has fewer.
func cut(text string, n int) string {
	for at := range text {
		if n == 0 {
			return text[:at]
		}
		n--
	}
	return text
}
