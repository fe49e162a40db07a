package cli

import (
	"strings"
	"testing"
)

// A stage's reference ends with an example: how it is set, what goes in and comes out.
func TestStagesShowsExamples(t *testing.T) {
	said := clinflow(t, t.TempDir(), 0, "stages", "split.hash").stdout
	_, example, found := strings.Cut(said, "\nexample seed_4\n")
	if !found {
		t.Fatal(said)
	}
	for _, want := range []string{"\n    seed: 4\n", "\n  in/patients/patients.jsonl\n    {\"subject_id\":1}\n", "\n  want/splits.jsonl\n    {\"subject_id\":1,\"hadm_id\":null,\"split\":\"test\"}\n", "\n    … 2 more lines\n"} {
		if !strings.Contains(example, want) {
			t.Errorf("no %q in %s", want, example)
		}
	}
}
