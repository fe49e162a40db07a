package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// subgroupTable is how well the highest variant does in groups of patients: attributes
// with their groups by tasks.
type subgroupTable struct {
	Variant    string
	Tasks      []string
	Attributes []attributeRows
}

type attributeRows struct {
	Name   string
	Rows   []groupRow
	Hidden []string
}

type groupRow struct {
	Group string
	Cells []groupCell
}

// groupCell is a task's measure on a group.
type groupCell struct {
	cell
	Told        bool
	N           smallcell.Count
	Calibration string
}

// subgroupsOf is nil where nothing tells of groups.
func (t resultTable) subgroupsOf(s *subgroups.Result) *subgroupTable {
	column := macroColumn
	if len(t.Tasks) == 1 {
		column = t.Tasks[0]
	}
	top, found := t.top(column)
	if s == nil || !found || len(s.Variants[top.Name]) == 0 {
		return nil
	}
	table := &subgroupTable{Variant: top.Name}
	tasks := s.Variants[top.Name]
	for _, name := range t.Tasks {
		if tasks[name] != nil {
			table.Tasks = append(table.Tasks, name)
		}
	}
	for _, name := range table.Tasks {
		for _, a := range tasks[name] {
			table.add(a, tasks)
		}
	}
	return table
}

// add adds the rows of an attribute, once for all tasks.
func (s *subgroupTable) add(a subgroups.Attribute, tasks map[string][]subgroups.Attribute) {
	if slices.ContainsFunc(s.Attributes, func(r attributeRows) bool { return r.Name == subgroups.Title(a.Name) }) {
		return
	}
	rows := attributeRows{Name: subgroups.Title(a.Name)}
	var groups []string
	for _, task := range s.Tasks {
		for _, g := range attribute(tasks[task], a.Name).Groups {
			if !slices.Contains(groups, g.Group) {
				groups = append(groups, g.Group)
			}
		}
	}
	for _, group := range groups {
		row := groupRow{Group: group}
		for _, task := range s.Tasks {
			row.Cells = append(row.Cells, cellOfGroup(attribute(tasks[task], a.Name), group))
		}
		rows.Rows = append(rows.Rows, row)
	}
	for _, task := range s.Tasks {
		for _, hidden := range attribute(tasks[task], a.Name).Hidden {
			if !slices.Contains(groups, hidden) && !slices.Contains(rows.Hidden, hidden) {
				rows.Hidden = append(rows.Hidden, hidden)
			}
		}
	}
	s.Attributes = append(s.Attributes, rows)
}

func attribute(all []subgroups.Attribute, name string) subgroups.Attribute {
	for _, a := range all {
		if a.Name == name {
			return a
		}
	}
	return subgroups.Attribute{}
}

func cellOfGroup(a subgroups.Attribute, group string) groupCell {
	for _, g := range a.Groups {
		if g.Group != group {
			continue
		}
		c := groupCell{cell: aurocCell(g.AUROC, g.SmallCells).within(g.Interval), Told: true, N: g.N}
		if g.MeanPredicted != nil && g.Observed != nil {
			c.Calibration = fmt.Sprintf("%s / %s", twoDigits(*g.MeanPredicted), twoDigits(*g.Observed))
		}
		return c
	}
	return groupCell{}
}

func twoDigits(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
