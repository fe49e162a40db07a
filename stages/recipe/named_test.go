package recipe

import (
	"encoding/json"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// A recipe's name tells how it was configured: the quirks that are the recipe's own are
// left out, the others come in the order of their declaration.
func TestNames(t *testing.T) {
	for _, c := range []struct{ recipe, quirks, icd, want string }{
		{"clinical", `{}`, "native", "clinical"},
		{"clinical", `{"death_filters": true}`, "", "clinical"},
		{"clinical", `{}`, "icd9_first", "clinical icd9_first"},
		{"core", `{}`, "native", "core"},
		{"core", `{"v_codes_4": false, "death_filters": false}`, "native", "core -death_filters -v_codes_4"},
		{"clinical", `{"read_errors": true}`, "icd10_all", "clinical +read_errors icd10_all"},
	} {
		config := Codes{Config{Recipe: c.recipe, Quirks: Overrides{json.RawMessage(c.quirks)}}, c.icd}
		if got := config.Name(); got != c.want {
			t.Errorf("named %q, want %q", got, c.want)
		}
		again, err := Named(c.want)
		if err != nil || again.Name() != c.want {
			t.Errorf("%q was read as %q, %v", c.want, again.Name(), err)
		}
	}
	for _, name := range []string{"", "another", "another icd9_first", "core death_filters", "core -deaths", "core +", "core icd9_of_such", "of another program"} {
		if _, err := Named(name); exit.Of(err) != exit.Usage {
			t.Errorf("%q: %v", name, err)
		}
	}
}
