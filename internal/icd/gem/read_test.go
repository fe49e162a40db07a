package gem

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for text, fault := range map[string]string{
		"0A000\n39\n00010\n39\n000000\n010000\n": "",
		"":                                       "0 lines",
		"0A000\n":                                "1 lines",
		"0A000\n00010\n000000":                   "line 3",
		"0A000\n50010\n000000\n":                 "line 2",
		"0A000\n\n000000\n":                      "line 2",
		"xA000\n00010\n000000\n":                 "line 1",
		"0A_00\n00010\n000000\n":                 "row 1: the source",
		"0A000\n0NoWay\n000000\n":                "row 1: the target",
		"0A000\n0NoDx\n000000\n":                 "",
		"0A000\n00010\n000009\n":                 "",
		"0A000\n00010\n090000\n":                 "row 1: the flags",
		"0B000\n0A000\n00010\n40\n000000\n5\n":   "row 2: its source",
	} {
		_, err := read(text)
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("0A000\n39\n00010\n39\n000000\n010000\n", "A00")
	f.Add("0A000\n0NoDx\n011000\n", "A001")
	f.Add("0A000\n40\n40\n00010\n40\n40\n010111\n42\n321\n", "A000XXA")
	f.Fuzz(func(t *testing.T, text, code string) {
		rows, err := read(text)
		if err != nil {
			return
		}
		m := &Mapping{rows, 2}
		for _, mode := range []Mode{First, All, Scenario} {
			for _, of := range []string{code, rows[0].source, rows[len(rows)-1].source} {
				targets := m.Targets(of, mode)
				if mode == First && len(targets) > 1 {
					t.Errorf("%d first targets", len(targets))
				}
				for _, target := range targets {
					if !codeShape.MatchString(target) || strings.ToUpper(target) != target {
						t.Errorf("the target %q", target)
					}
				}
			}
		}
	})
}
