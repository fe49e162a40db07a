package report

import (
	"fmt"
	"strconv"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// table1 are the patients of the splits.
type table1 struct {
	Splits []string
	Rows   []table1Row
}

// table1Row is a figure by split; one of a group stands below its attribute's heading.
type table1Row struct {
	Name    string
	Heading bool
	Cells   []string
}

// table1Of is nil where nothing tells of patients.
func table1Of(s *subgroups.Result) *table1 {
	if s == nil || s.Table1 == nil || len(s.Table1.Splits) == 0 {
		return nil
	}
	splits := s.Table1.Splits
	var t table1
	add := func(name string, cell func(subgroups.Table1Split) string) {
		row := table1Row{Name: name}
		for _, of := range splits {
			row.Cells = append(row.Cells, cell(of))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, of := range splits {
		t.Splits = append(t.Splits, of.Split)
	}
	add("patients", func(of subgroups.Table1Split) string { return page.Count(of.Patients) })
	add("admissions", func(of subgroups.Table1Split) string { return page.Count(of.Admissions) })
	add("admissions a patient, mean", func(of subgroups.Table1Split) string { return optional(of.AdmissionsPerPatient, 2) })
	add("age in years, mean (SD)", func(of subgroups.Table1Split) string {
		if of.Age == nil {
			return dash
		}
		return fmt.Sprintf("%.1f (%.1f)", of.Age.Mean, of.Age.SD)
	})
	add("age, median (quartiles)", func(of subgroups.Table1Split) string {
		if of.Age == nil || of.Age.Median == nil {
			return dash
		}
		return fmt.Sprintf("%s (%s–%s)", optional(of.Age.Median, 0), optional(of.Age.Q1, 0), optional(of.Age.Q3, 0))
	})
	heading := ""
	for _, row := range s.Table1.Rows() {
		if title := subgroups.Title(row.Attribute); title != heading {
			heading = title
			t.Rows = append(t.Rows, table1Row{Name: title, Heading: true})
		}
		t.Rows = append(t.Rows, table1Row{Name: row.Group, Cells: row.Cells})
	}
	return &t
}

// optional shows a number to some digits, a dash where there is none.
func optional(x *float64, digits int) string {
	if x == nil {
		return dash
	}
	return strconv.FormatFloat(*x, 'f', digits, 64)
}
