package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// TestTable1: groups stand below their attribute's heading, those that no split tells too.
// The years are the anchor's, which are not those of an admission.
func TestTable1(t *testing.T) {
	table := table1Of(&subgroups.Result{Table1: &subgroups.Table1{Splits: []subgroups.Table1Split{{Split: "test", Patients: 20, Admissions: 30, Attributes: []subgroups.PatientGroups{
		{Name: subgroups.AttributeSex, Groups: []subgroups.PatientGroup{{Group: "male", N: 20, Share: 1}}},
		{Name: subgroups.AttributeYears, Hidden: []string{"2008 - 2010", "2011 - 2013"}},
	}}}}})
	want := []table1Row{
		{"Sex", true, nil}, {"male", false, []string{"20 (100.0 %)"}},
		{"Years of the anchor", true, nil}, {"2008 - 2010", false, []string{"hidden"}}, {"2011 - 2013", false, []string{"hidden"}},
	}
	if diff := cmp.Diff(want, table.Rows[len(table.Rows)-len(want):]); diff != "" {
		t.Error(diff)
	}
}
