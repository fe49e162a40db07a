package before

import (
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/text/sections"
)

// recipe is a way to make an admission's text from its summaries, and its labels
// from its codes.
type recipe struct {
	text                 func(summaries []Summary) sections.Note
	diagnosis, procedure Category
}

// Category is the label that a code falls under, "" where the recipe has none
// for it. The version is that of ICD: 9 or 10.
type Category func(version int, code string) string

// recipes by the name they have in configurations.
var recipes = map[string]recipe{
	"clinical": {text: firstOfEachSection, diagnosis: nativeDiagnosis, procedure: nativeProcedure},
}

func recipeNamed(name string) (recipe, error) {
	r, ok := recipes[name]
	if !ok {
		return r, exit.Errorf(exit.Usage, "no recipe %q, only %s", name, strings.Join(slices.Sorted(maps.Keys(recipes)), ", "))
	}
	return r, nil
}

// firstOfEachSection reads the admission sections of each summary by itself, so
// that the end of one cannot leak into the next, and takes each section from the
// first that has it.
func firstOfEachSection(summaries []Summary) sections.Note {
	var note sections.Note
	for i := range summaries {
		note.Fill(sections.Parse(summaries[i].Text))
	}
	return note
}

// nativeDiagnosis is a diagnosis' category in the ICD version it was coded in.
// ICD-9's external causes have one character more: E and three digits.
func nativeDiagnosis(version int, code string) string {
	if version == 9 && strings.HasPrefix(code, "E") {
		return native(version, code, 4)
	}
	return native(version, code, 3)
}

// nativeProcedure has three characters in both versions. Leading zeros are part
// of a code: 0331 is a spinal tap, 331 would be an operation on the lung.
func nativeProcedure(version int, code string) string { return native(version, code, 3) }

// native cuts a code and puts its version in front: E88 is a metabolic disorder
// in ICD-10 and the beginning of a fall in ICD-9.
func native(version int, code string, characters int) string {
	prefix := map[int]string{9: "9:", 10: "10:"}[version]
	if prefix == "" || code == "" {
		return ""
	}
	return prefix + cut(code, characters)
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
