package title

import "testing"

func TestCategoriesHaveTheirTitles(t *testing.T) {
	for _, c := range []struct {
		kind           Kind
		category, want string
	}{
		{Diagnosis, "9:428", "Heart failure"},
		{Diagnosis, "10:I50", "Heart failure"},
		{Diagnosis, "9:038", "Septicemia"},
		{Diagnosis, "9:E885", "Accidental fall on same level from slipping tripping or stumbling"},
		{Procedure, "10:0DJ", "Inspection: Gastrointestinal System"},
		{Procedure, "9:038", ""}, // septicemia is no procedure
		{Diagnosis, "428", ""},
		{Diagnosis, "", ""},
	} {
		if got := Of(c.kind, c.category); got != c.want {
			t.Errorf("%s %q is %q, want %q", c.kind, c.category, got, c.want)
		}
	}
}

// TestEveryTitleIsOneLine: titles stand in tables.
func TestEveryTitleIsOneLine(t *testing.T) {
	if len(titles()) < 3500 {
		t.Errorf("only %d titles", len(titles()))
	}
	for category, title := range titles() {
		if title == "" || len(title) > 200 {
			t.Errorf("%s is called %q", category, title)
		}
	}
}
