package label

import (
	"fmt"
	"testing"

	"github.com/clinflow/clinflow/internal/icd/gem"
	"github.com/clinflow/clinflow/mimic"
)

// Of ICD-10 the exclusions are C00 to C14, four codes of G70 and G71 or what they were
// split into, the first treatment of T20 and T26, T31 and T32 from 30 per cent, and Z52.
func TestExclusionsInICD10(t *testing.T) {
	into9, err := gem.Diagnoses(9)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"C150": "", "C760": "", "G7000": "", "G711": "", "G702": "", "T3120": "", "T2020XD": "", "T2020XS": "", "T2100XA": "", "Z940": "", "I10": "",
		"G7001": "neuromuscular", "G709": "neuromuscular", "G710": "neuromuscular", "G7100": "neuromuscular", "G7109": "neuromuscular", "G712": "neuromuscular", "G71220": "neuromuscular",
		"T2020XA": "burns", "T2060XA": "burns", "T2611XA": "burns", "T3130": "burns", "T3199": "burns", "T3230": "burns",
		"Z524": "donor", "Z52011": "donor",
	}
	for category := range 15 {
		want[fmt.Sprintf("C%02d", category)], want[fmt.Sprintf("C%02d9", category)] = "head_neck_cancer", "head_neck_cancer"
	}
	for code, reason := range want {
		got := ""
		for _, e := range exclusions {
			if e.names((&excluded{into9: into9}).in9(mimic.Code{ICDCode: code, ICDVersion: 10})) {
				got = e.reason
			}
		}
		if got != reason {
			t.Errorf("%s is excluded for %q, want %q", code, got, reason)
		}
	}
}
