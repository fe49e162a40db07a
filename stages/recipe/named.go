package recipe

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// Named is the configuration of a name that Name gave.
func Named(name string) (Codes, error) {
	base, signed, _ := strings.Cut(name, " ")
	c := Codes{Config{Recipe: base}, asCoded}
	if err := known(base); err != nil {
		return c, err
	}
	icd, _ := stages.FieldsOf[Codes]().Find("icd")
	quirks, given := Overrides{}.Fields(), map[string]bool{}
	for word := range strings.FieldsSeq(signed) {
		_, quirk := quirks.Find(word[1:])
		switch {
		case quirk && strings.ContainsRune("+-", rune(word[0])):
			given[word[1:]] = word[0] == '+'
		case slices.Contains(icd.Enum, word):
			c.ICD = word
		default:
			return c, exit.Errorf(exit.Usage, "the recipe %q: no quirk and no icd %q", name, word)
		}
	}
	text, err := json.Marshal(given)
	c.Quirks = Overrides{text}
	return c, err
}
