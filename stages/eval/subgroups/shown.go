package subgroups

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/page"
)

var titles = map[string]string{
	AttributeSex: "Sex", AttributeAge: "Age in years", AttributeInsurance: "Insurance", AttributeRace: "Race",
	AttributeCareUnit: "First care unit", AttributeYears: "Years of the anchor",
}

// Title is an attribute in words.
func Title(attribute string) string { return cmp.Or(titles[attribute], attribute) }

// Row is a row of table 1: a group of an attribute, with a cell for each split.
type Row struct {
	Attribute, Group string
	Cells            []string
}

// Rows are the groups that a split has, told or hidden, in the order in which they are
// shown.
func (t *Table1) Rows() (rows []Row) {
	for _, attribute := range Attributes {
		for _, group := range t.groups(attribute) {
			row := Row{Attribute: attribute, Group: group}
			for _, s := range t.Splits {
				row.Cells = append(row.Cells, s.attribute(attribute).cell(group))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (t *Table1) groups(attribute string) (groups []string) {
	for _, s := range t.Splits {
		of := s.attribute(attribute)
		for _, g := range of.Groups {
			groups = append(groups, g.Group)
		}
		groups = append(groups, of.Hidden...)
	}
	slices.SortFunc(groups, CompareGroups(attribute))
	return slices.Compact(groups)
}

// attribute has no groups where nothing of it is told.
func (s Table1Split) attribute(name string) PatientGroups {
	for _, of := range s.Attributes {
		if of.Name == name {
			return of
		}
	}
	return PatientGroups{}
}

// cell is what is told of a group: patients and their share.
func (p PatientGroups) cell(group string) string {
	for _, g := range p.Groups {
		if g.Group == group {
			return fmt.Sprintf("%s (%.1f %%)", page.Count(g.N), 100*g.Share)
		}
	}
	switch {
	case len(p.Groups)+len(p.Hidden) == 0:
		return "–"
	case slices.Contains(p.Hidden, group):
		return "hidden"
	default:
		return "0"
	}
}
