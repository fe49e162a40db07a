package cli

import (
	"strings"
	"testing"
)

// The list has of each stage the first clause, whole: what is in parentheses ends none.
func TestStagesListsFirstClauses(t *testing.T) {
	said := clinflow(t, t.TempDir(), 0, "stages").stdout
	for _, want := range []string{
		"Splits the patients as CORe did (van Aken et al. 2021)\n", "(.csv.gz, or .csv) into parts that hold whole patients\n",
		"Lists the labels of label.diagnoses or label.procedures\n", "Reads labels in the MEDS label schema that were made elsewhere, such as by ACES\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
}

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
