package dags

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages"
)

const small = "name: x\nsteps:\n  p: {stage: fake.ingest, with: {root: /x}}\n"

// What may stand around a document says nothing of it: marks, comments, documents
// that hold nothing, line ends of other systems.
func TestOneDocumentHoweverItIsWrapped(t *testing.T) {
	want, err := Parse(stages.Default, "x.yaml", []byte(small), nil)
	if err != nil {
		t.Fatal(err)
	}
	nothing := rapid.SampledFrom([]string{"", "\n", "# a comment\n", "---\n", "---\n# a comment\n---\n", "...\n", "--- # a comment\n", "   \n", "---\t\n"})
	rapid.Check(t, func(rt *rapid.T) {
		before := nothing.Draw(rt, "before")
		if rapid.Bool().Draw(rt, "directive") {
			before = rapid.SampledFrom([]string{"%YAML 1.2\n---\n", "# a comment\n%YAML 1.1 # another\n---\n", "...\n%YAML 1.2\n---\n"}).Draw(rt, "version")
		}
		after := nothing.Draw(rt, "end")
		if after != "" && after[0] != '-' && after[0] != '.' {
			after = "...\n" + after
		}
		text := before + small + after + nothing.Draw(rt, "last")
		text = strings.ReplaceAll(text, "\n", rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(rt, "line end"))
		text = rapid.SampledFrom([]string{"", "\uFEFF"}).Draw(rt, "mark") + text
		got, err := Parse(stages.Default, "x.yaml", []byte(text), nil)
		if err != nil {
			rt.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(string(want.Steps[0].Config), string(got.Steps[0].Config)); diff != "" || got.Name != "x" || len(got.Steps) != 1 {
			rt.Errorf("%q: %s", text, diff)
		}
	})
}

func TestMoreThanOneDocumentIsNeverHalfRead(t *testing.T) {
	for text, place := range map[string]string{
		small + "---\n" + small:                                  "5:1",
		small + "---\n# a comment\n---\n" + small:                "7:1",
		small + "...\n" + small:                                  "5:1",
		small + "--- {name: y}\n":                                "4:5",
		"\uFEFF---\n# a comment\n---\n" + small + "---\n~":       "8:1",
		small + "...\n%YAML 1.2\n---\n  - x\n":                   "7:3",
		strings.ReplaceAll(small+"---\n---\ny: 1", "\n", "\r\n"): "6:1",
		"name: 'x\n---\nsteps: '\n":                              "3:1",
	} {
		_, err := Parse(stages.Default, "x.yaml", []byte(text), nil)
		if want := "x.yaml:" + place + ": more than one YAML document; one DAG a file"; err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestTextThatIsNoYAML(t *testing.T) {
	for text, want := range map[string]string{
		"%YAML 2.0\n---\n" + small:   "x.yaml:1:1: an unknown directive; %YAML 1.2 is the only one that DAG files have use for",
		"%TAG ! !x\n---\n" + small:   "x.yaml:1:1: an unknown directive; %YAML 1.2 is the only one that DAG files have use for",
		"# no\n---\n# thing\n---\n":  "x.yaml:1:1: the file is empty; start from a shipped one: core, demo, retrain, two-step",
		"\uFEFF":                     "x.yaml:1:1: the file is empty; start from a shipped one: core, demo, retrain, two-step",
		"\xff\xfen\x00a\x00":         "x.yaml:1:1: the file is text in UTF-16 or UTF-32; save it as UTF-8",
		"name: x\nsteps: \u00fc\xc3": "x.yaml:2:9: not UTF-8; save the file as UTF-8",
		"name: x\n---\n\uFEFF# y\n":  "x.yaml:3:1: a byte order mark in the middle of the file; remove it",
	} {
		if _, err := Parse(stages.Default, "x.yaml", []byte(text), nil); err == nil || err.Error() != want {
			t.Errorf("%q:\n%v, want\n%s", text, err, want)
		}
	}
}

// References that hold each other multiply: what they stand for is bounded, not
// how many they are.
func TestWhatReferencesStandForIsBounded(t *testing.T) {
	var vars strings.Builder
	fmt.Fprintf(&vars, "name: x\nvars:\n  v0: %s\n", strings.Repeat("x", 100))
	for level := range 12 {
		fmt.Fprintf(&vars, "  v%d: %q\n", level+1, strings.Repeat(fmt.Sprintf("${v%d}", level), 10))
	}
	vars.WriteString("steps:\n  p: {stage: fake.ingest, with: {root: \"${v12}\"}}\n")

	copies := "name: x\neach:\n  a: {" + members("a", 30) + "}\n  b: {" + members("b", 30) + "}\n" +
		"vars: {long: " + strings.Repeat("x", 20_000) + "}\nsteps:\n  p_${a}_${b}: {stage: fake.ingest, with: {root: \"${long}\"}}\n"

	tree := "name: x\neach:\n  a: {" + members("a", 900) + "}\n" +
		"  l: {m: {list: [" + strings.Repeat("x,", 20_000) + "x]}}\nsteps:\n" +
		"  t_${a}_${l}: {stage: fake.train, in: {tokens: t}, with: {epochs: 1, tags: ${l.list}}}\n"

	const what = "the file is larger than 8 MiB with its references filled in"
	for name, c := range map[string]struct{ text, place string }{
		"variables of variables": {vars.String(), "x.yaml:8:7: vars.v5: "},
		"a text in many steps":   {copies, "x.yaml:7:50: steps.p_${a}_${b}.with.root: "},
		"a list in many steps":   {tree, "x.yaml:6:77: steps.t_${a}_${l}.with.tags: "},
	} {
		_, err := Parse(stages.Default, "x.yaml", []byte(c.text), nil)
		if err == nil || !strings.HasPrefix(err.Error(), c.place+what) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %.300v, want %s%s", name, err, c.place, what)
		}
	}
}

func members(prefix string, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d: {}", prefix, i)
	}
	return strings.Join(names, ", ")
}

// What looks like a blank or like nothing, and is neither, is told by its number.
func TestInvisibleCharactersAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"\u200B" + small: "x.yaml:1:1: an invisible character, U+200B; remove it, or write \"\\u200B\" in quotes where it is meant",
		strings.Replace(small, "  p", "\u00A0\u00A0p", 1):     "x.yaml:3:1: an invisible character, U+00A0; ",
		strings.Replace(small, "/x", "/x\x00", 1):             "x.yaml:3:42: an invisible character, U+0000; ",
		strings.Replace(small, "/x", "'/\u00E9\u2028'", 1):    "x.yaml:3:43: an invisible character, U+2028; ",
		strings.Replace(small, "name: x", "name: x\u0085", 1): "x.yaml:1:8: an invisible character, U+0085; ",
		small + "\x00\x00": "x.yaml:4:1: an invisible character, U+0000; ",
	} {
		if _, err := Parse(stages.Default, "x.yaml", []byte(text), nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"# a\u00A0comment\n" + small, strings.Replace(small, "name: x", "name: x #\u00A0why", 1), strings.Replace(small, "/x", "\"/\\u00A0\"", 1)} {
		if _, err := Parse(stages.Default, "x.yaml", []byte(text), nil); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSetRefusesWhatNoSettingHas(t *testing.T) {
	for _, value := range []string{"/x\n", "\uFEFF/x", "/\xff", "/\x00"} {
		if _, err := ParseSet([]string{"root=" + value}); err == nil || !strings.Contains(err.Error(), "--set root: the value is not UTF-8, or holds") {
			t.Errorf("%q: %v", value, err)
		}
	}
	if set, err := ParseSet([]string{"root=/a b\u00E9=1", "empty="}); err != nil || set["root"] != "/a b\u00E9=1" || set["empty"] != "" {
		t.Errorf("%v, %v", set, err)
	}
}
