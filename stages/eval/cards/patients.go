package cards

import (
	"context"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// tableRow is a row of table 1: a group of an attribute with a cell for each split.
type tableRow struct {
	Attribute, Group string
	Cells            []string
}

// patients adds table 1.
func (c *dataContent) patients(ctx context.Context, from *dataset.Dataset) error {
	if from == nil {
		return nil
	}
	var s subgroups.Result
	if err := from.ReadJSON(ctx, subgroups.FileName, &s); err != nil || s.Table1 == nil {
		return err
	}
	c.Splits = s.Table1.Splits
	for _, name := range subgroups.Attributes {
		for _, group := range groupsOf(c.Splits, name) {
			row := tableRow{Attribute: title(name), Group: group}
			for _, split := range c.Splits {
				row.Cells = append(row.Cells, cellOf(split, name, group))
			}
			c.Table1 = append(c.Table1, row)
		}
	}
	return nil
}

// groupsOf are the groups of an attribute that a split has, in the order in which they
// come first.
func groupsOf(splits []subgroups.Table1Split, attribute string) (groups []string) {
	for _, s := range splits {
		for _, a := range s.Attributes {
			if a.Name != attribute {
				continue
			}
			for _, g := range a.Groups {
				if !slices.Contains(groups, g.Group) {
					groups = append(groups, g.Group)
				}
			}
			for _, name := range a.Hidden {
				if !slices.Contains(groups, name) {
					groups = append(groups, name)
				}
			}
		}
	}
	slices.SortStableFunc(groups, subgroups.CompareGroups(attribute))
	return groups
}

// cellOf is what is told of a group in a split.
func cellOf(s subgroups.Table1Split, attribute, group string) string {
	for _, a := range s.Attributes {
		if a.Name != attribute {
			continue
		}
		if slices.Contains(a.Hidden, group) {
			return "hidden"
		}
		for _, g := range a.Groups {
			if g.Group == group {
				return fmt.Sprintf("%s (%s)", page.Count(g.N), share(g.Share))
			}
		}
	}
	return "0"
}
