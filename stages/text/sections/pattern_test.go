package sections

import (
	"regexp"
	"strings"
	"testing"
)

// expressions are CORe's pattern of each section, as mimic_utils.py has it: for a text
// whose newlines are a backslash and an n.
var expressions = func() (all [count]*regexp.Regexp) {
	for s, header := range searched {
		all[s] = regexp.MustCompile(header + `(.+?)\\n\\n[^(\\|\p{Nd}.)]+?:`)
	}
	return all
}()

// FuzzPattern holds the reading of sections to CORe's regular expression.
func FuzzPattern(f *testing.F) {
	for _, summary := range []string{
		"", "Chief Complaint: ill", "Chief Complaint: ill\n\nSex: F", "chief complaint:\n\n\n\nNext:\n\nMedical History:\n\n:\n\n::",
		"no present illness: none\n\nPresent Illness: late\n\nHEENT (left): x\n\nDr. A: y\n\n1: z\n\nEnd: w", "Allergies: a\\n\\nTyped: b", "Allergies:0\\N\\nTyped: b", "Social History:\n\n\nFamily History: é\n\nÄ: f\n\n٣: g\n\nh\ni: j\n\nk|l: m\n\nn:",
	} {
		f.Add(summary)
	}
	p := Pattern{HeaderAnywhere: true, StrictDoubleNewline: true}
	f.Fuzz(func(t *testing.T, summary string) {
		summary = strings.ToValidUTF8(summary, "")
		got, text := p.Parse(summary), strings.ReplaceAll(summary, "\n", `\n`)
		for s, e := range expressions {
			want := ""
			if at := e.FindStringSubmatchIndex(lowered(text)); at != nil {
				want = Strip(strings.ReplaceAll(text[at[2]:at[3]], `\n`, " "))
			}
			if got[s] != want {
				t.Errorf("%s %q, want %q", written[s], got[s], want)
			}
		}
	})
}

// What the two switches of the pattern mean.
func TestPatternsThatAreLessStrict(t *testing.T) {
	const summary = "He told of his family history: none.\nFamily History: gout\n \t\nof the toe\n\nPrior Medical History: see Allergies: long\r\n\r\nAllergies: nuts\n \nSex: F\n"
	for p, want := range map[Pattern]Note{
		{true, true}:   {FamilyHistory: "none. Family History: gout  \t of the toe"},
		{true, false}:  {MedicalHistory: "see Allergies: long", Allergies: "long", FamilyHistory: "none. Family History: gout  of the toe"},
		{false, true}:  {FamilyHistory: "gout  \t of the toe"},
		{false, false}: {MedicalHistory: "see Allergies: long", Allergies: "nuts", FamilyHistory: "gout  of the toe"},
	} {
		if got := p.Parse(summary); got != want {
			t.Errorf("%+v: %q", p, got)
		}
	}
}
