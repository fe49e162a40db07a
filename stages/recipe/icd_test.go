package recipe

import "testing"

// A recipe's name tells how it was configured.
func TestCodesOfAName(t *testing.T) {
	for name, want := range map[string]Codes{
		"clinical":             {Config{Recipe: "clinical"}, "native"},
		"clinical icd9_first":  {Config{Recipe: "clinical"}, "icd9_first"},
		"clinical icd10_all":   {Config{Recipe: "clinical"}, "icd10_all"},
		"another icd9_of_such": {Config{Recipe: "another"}, "icd9_of_such"},
	} {
		if got := CodesNamed(name); got != want || got.Name() != name {
			t.Errorf("%q: %+v, named %q", name, got, got.Name())
		}
	}
	if got := (Codes{Config: Config{Recipe: "clinical"}}).Name(); got != "clinical" {
		t.Errorf("without icd: %q", got)
	}
}
