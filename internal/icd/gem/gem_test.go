package gem

import (
	"strings"
	"testing"
)

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		name   string
		of     func(into int) (*Mapping, error)
		into   int
		code   string
		first  string
		all    string
		choice string
	}{
		{"one target", Diagnoses, 9, "E7800", "2720", "2720", "2720"},
		{"several", Diagnoses, 9, "H540X33", "36900", "36900 36908", "36900"},
		{"a combination", Procedures, 9, "02B40ZZ", "0040", "0040 3699", "3699 0040"},
		{"alone or combined", Diagnoses, 9, "A1803", "01560", "01560 01570 73088", "01570 73088"},
		{"none", Diagnoses, 9, "Y828", "", "", ""},
		{"none, not flagged", Procedures, 9, "02H40NZ", "", "", ""},
		{"split since", Diagnoses, 9, "E780", "2720", "2720", "2720"},
		{"split since, an injury and not its aftermath", Diagnoses, 9, "T8359XA", "99665", "99665", "99665"},
		{"new", Diagnoses, 9, "I4811", "42731", "42731", "42731"},
		{"of a new chapter", Diagnoses, 9, "U071", "", "", ""},
		{"shorter than a category", Diagnoses, 9, "I1", "", "", ""},
		{"empty", Diagnoses, 9, "", "", "", ""},
		{"a procedure of no kin", Procedures, 9, "0NSS35Z", "", "", ""},
		{"a procedure made anew", Procedures, 9, "5A1D00Z", "3995", "3995", "3995"},
		{"into ICD-10", Diagnoses, 10, "4019", "I10", "I10 I169", "I10"},
		{"a procedure into ICD-10", Procedures, 10, "0331", "009U30Z", "009U30Z 009U3ZX 009U3ZZ 009U40Z 009U4ZX 009U4ZZ", "009U30Z"},
		{"in small letters", Diagnoses, 9, "T8853XD", "V5889", "V5889", "V5889"},
	} {
		m, err := c.of(c.into)
		if err != nil {
			t.Fatal(err)
		}
		for mode, want := range map[Mode]string{First: c.first, All: c.all, Scenario: c.choice} {
			if got := strings.Join(m.Targets(c.code, mode), " "); got != want {
				t.Errorf("%s: %s, %s: %q", c.name, c.code, mode, got)
			}
		}
	}
	if _, err := Diagnoses(8); err == nil {
		t.Error("there is a mapping into ICD-8")
	}
}
