package icd

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSpellingsOfOneCode(t *testing.T) {
	for name, c := range map[string]struct {
		read    func(int, string) (string, bool)
		version int
		want    string
		texts   []string
	}{
		"V code":             {Diagnosis, 9, "V4581", []string{"V4581", "V45.81", " V4581", "v45.81\t", "V4581  "}},
		"E code":             {Diagnosis, 9, "E8889", []string{"E8889", "e8889", "E888.9"}},
		"digits":             {Diagnosis, 9, "03843", []string{"03843", "038.43"}},
		"a category":         {Diagnosis, 9, "496", []string{"496", " 496 "}},
		"an E category":      {Diagnosis, 9, "E912", []string{"E912", "e912"}},
		"ICD-10-CM":          {Diagnosis, 10, "I509", []string{"I509", "i509", "I50.9", "\u00a0I50.9"}},
		"a letter third":     {Diagnosis, 10, "C7A092", []string{"C7A.092", "c7a092"}},
		"seven characters":   {Diagnosis, 10, "S0262XA", []string{"S02.62XA", "s0262xa"}},
		"ICD-10-CM of COVID": {Diagnosis, 10, "U071", []string{"U07.1", "U071"}},
		"a spinal tap":       {Procedure, 9, "0331", []string{"0331", "03.31", "0331  "}},
		"three digits":       {Procedure, 9, "598", []string{"598", "59.8"}},
		"ICD-10-PCS":         {Procedure, 10, "02100Z9", []string{"02100Z9", "02100z9 "}},
	} {
		for _, text := range c.texts {
			if got, ok := c.read(c.version, text); !ok || got != c.want {
				t.Errorf("%s: %q is read as %q, %t", name, text, got, ok)
			}
		}
	}
}

func TestWhatIsNoCode(t *testing.T) {
	for name, c := range map[string]struct {
		read    func(int, string) (string, bool)
		version int
		texts   []string
	}{
		"ICD-9 diagnosis":  {Diagnosis, 9, []string{"", " ", "38", "0384312", "V4", "V45812", "E88", "E88891", "I509", "V4.581", "3.843", "038..43", "038.", ".038", "0 38", "038-43", "NoDx", "42.80"}},
		"ICD-10 diagnosis": {Diagnosis, 10, []string{"I5", "4280", "II09", "I50.9.1", "I509.", "I5.09", "I50 9", "S0262XAAA", "É509"}},
		"ICD-9 procedure":  {Procedure, 9, []string{"93", "3.31", "033.1", "03311", "V451", "0.93"}},
		"ICD-10 procedure": {Procedure, 10, []string{"02100Z", "02100Z99", "O2100Z9", "0210IZ9", "021.00Z9"}},
		"no version":       {Diagnosis, 11, []string{"4280", "I509"}},
	} {
		for _, text := range c.texts {
			if got, ok := c.read(c.version, text); ok {
				t.Errorf("%s: %q is read as %q", name, text, got)
			}
		}
	}
}

// published are the codes of each classification, without their dots, and where it
// prints one.
var published = []struct {
	read    func(int, string) (string, bool)
	version int
	codes   string
	dot     int // 0: none
}{
	{Diagnosis, 9, `[0-9]{3}[0-9]{0,2}`, 3},
	{Diagnosis, 9, `V[0-9]{2}[0-9]{0,2}`, 3},
	{Diagnosis, 9, `E[0-9]{3}[0-9]?`, 4},
	{Diagnosis, 10, `[A-Z][0-9][0-9AB][0-9A-Z]{0,4}`, 3},
	{Procedure, 9, `[0-9]{2}[0-9]{1,2}`, 2},
	{Procedure, 10, `[0-9A-HJ-NP-Z]{7}`, 0},
}

// Every code is read as itself, however it is spelled.
func TestSpellingsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(published).Draw(t, "classification")
		code := rapid.StringMatching(p.codes).Draw(t, "code")
		text := code
		if p.dot > 0 && p.dot < len(code) && rapid.Bool().Draw(t, "dotted") {
			text = code[:p.dot] + "." + code[p.dot:]
		}
		if rapid.Bool().Draw(t, "lower case") {
			text = strings.ToLower(text)
		}
		blanks := rapid.StringMatching(`[ \t]{0,3}`)
		text = blanks.Draw(t, "before") + text + blanks.Draw(t, "behind")
		if got, ok := p.read(p.version, text); !ok || got != code {
			t.Fatalf("%q is read as %q, %t", text, got, ok)
		}
	})
}
