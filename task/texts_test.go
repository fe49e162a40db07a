package task

import (
	"strings"
	"testing"
)

// What a task's texts must be, what they are, and what is said of that.
func TestLacks(t *testing.T) {
	admission, notes := Texts{Of: OfAdmission}, Texts{Of: OfNotes}
	own, other := Texts{Of: OfTask("x", "1")}, Texts{Of: OfTask("x", "2")}
	deathless := Texts{Of: OfAdmission, Without: []string{Deaths}}
	for _, c := range []struct {
		name  string
		needs Texts
		given []Texts
		words string // "": nothing is wrong
	}{
		{"those of the admission", admission, []Texts{admission}, ""},
		{"whole notes", admission, []Texts{notes}, "whole notes"},
		{"those of a declared task", admission, []Texts{own}, "those of the task x"},
		{"of a task's own", own, []Texts{own}, ""},
		{"of another task", own, []Texts{other}, "not those of the task x"},
		{"of the admission for a task's own", own, []Texts{admission}, "text.task"},
		{"of nobody knows what", own, []Texts{{}}, ""},
		{"of any for a task that says nothing", Texts{}, []Texts{notes}, ""},
		{"without deaths behind them", deathless, []Texts{admission, deathless}, ""},
		{"with deaths", deathless, []Texts{admission}, "death"},
	} {
		said := c.needs.Lacks(c.given)
		if (said == "") != (c.words == "") || !strings.Contains(said, c.words) {
			t.Errorf("%s: %q", c.name, said)
		}
	}
}
