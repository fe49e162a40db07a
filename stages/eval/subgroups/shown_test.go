package subgroups

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRows: a group is a row where a split has it, told or not; where a split tells
// nothing of the attribute it is not said to have none.
func TestRows(t *testing.T) {
	of := func(hidden []string, told ...PatientGroup) Table1Split {
		return Table1Split{Attributes: []PatientGroups{{Name: AttributeSex, Groups: told, Hidden: hidden}}}
	}
	table := Table1{Splits: []Table1Split{
		of(nil, PatientGroup{"male", 1200, 0.4}, PatientGroup{"female", 1800, 0.6}),
		of([]string{"female", "unknown"}),
		{},
	}}
	if diff := cmp.Diff([]Row{
		{AttributeSex, "female", []string{"1,800 (60.0 %)", "hidden", "–"}},
		{AttributeSex, "male", []string{"1,200 (40.0 %)", "0", "–"}},
		{AttributeSex, "unknown", []string{"0", "hidden", "–"}},
	}, table.Rows()); diff != "" {
		t.Error(diff)
	}
}
