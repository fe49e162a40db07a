package dags

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
)

// kite has a fork that joins, a step beside it, a gate that the last step is after, and
// one that nothing else needs.
const kite = `name: kite
each:
  side: {left: {lr: 0.1}, right: {lr: 0.2}}
steps:
  patients: {stage: fake.ingest, with: {root: ., shards: 2}}
  examples: {stage: fake.label, in: {patients: patients}}
  tokens: {stage: fake.tokens, in: {notes: patients}}
  ${side}: {stage: fake.train, in: {tokens: tokens}, with: {lr: ${side.lr}, epochs: 1}}
  end: {stage: fake.train, in: {tokens: tokens, adapters: [left, right]}, after: [examples], with: {epochs: 1}}
  alone: {stage: fake.ingest, with: {root: ., shards: 2}}
publish: {end.bin: end.weights, left.bin: left.weights}
`

// needs is what the kite's steps need at once.
var needs = map[string][]string{
	"patients": nil, "examples": {"patients"}, "tokens": {"patients"}, "left": {"tokens"}, "right": {"tokens"},
	"end": {"tokens", "left", "right", "examples"}, "alone": nil,
}

func loadKite(t *testing.T, want Choice) (*DAG, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kite.yaml")
	if err := os.WriteFile(file, []byte(kite), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(t.Context(), stages.Default, Request{DAG: file, Choice: want})
}

// chosen names the steps of a DAG in order: those that must be there in brackets, those
// that are forced with an exclamation mark.
func chosen(d *DAG) string {
	var names []string
	for _, s := range d.Steps {
		name := s.Name
		if s.Given {
			name = "[" + name + "]"
		}
		if s.Forced {
			name += "!"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func words(text string) []string { return strings.Fields(text) }

func TestChoices(t *testing.T) {
	for _, c := range []struct {
		want          Choice
		steps, faults string
	}{
		{Choice{}, "alone end examples left patients right tokens", ""},
		{Choice{Steps: words("left")}, "left patients tokens", ""},
		{Choice{Steps: words("left examples")}, "examples left patients tokens", ""},
		{Choice{Downstream: words("examples")}, "end examples left patients right tokens", ""},
		{Choice{Downstream: words("alone")}, "alone", ""},
		{Choice{Until: words("tokens")}, "patients tokens", ""},
		{Choice{Downstream: words("tokens"), Until: words("left")}, "left patients tokens", ""},
		{Choice{Downstream: words("alone"), Until: words("left")}, "", "no step is left: none of alone is needed by left"},
		{Choice{Steps: words("end"), Until: words("left")}, "", "no step is left: none of end is needed by left"},
		{Choice{Steps: words("left"), Only: true}, "[patients] [tokens] left", ""},
		{Choice{Steps: words("left tokens"), Only: true}, "[patients] left tokens", ""},
		{Choice{Downstream: words("left"), Only: true}, "[examples] [patients] [right] [tokens] end left", ""},
		{Choice{Downstream: words("tokens"), Until: words("left right"), Only: true}, "[patients] left right tokens", ""},
		{Choice{Steps: words("left"), Force: words("tokens")}, "left patients tokens!", ""},
		{Choice{Until: words("tokens"), ForceAll: true}, "patients! tokens!", ""},
		{Choice{Steps: words("left"), Only: true, ForceAll: true}, "[patients] [tokens] left!", ""},
		{Choice{Steps: words("left"), Only: true, Force: words("tokens")}, "", "--force tokens: this run has no such step"},
		{Choice{Steps: words("left"), Force: words("right")}, "", "--force right: this run has no such step"},
		{Choice{Steps: words("lft"), Downstream: words("tokns"), Until: words("en"), Force: words("righ")}, "",
			"unknown step lft; did you mean left? | unknown step tokns; did you mean tokens? | unknown step en; did you mean end? | unknown step righ; did you mean right?"},
	} {
		d, err := loadKite(t, c.want)
		if err != nil {
			if told := strings.Join(strings.Split(err.Error(), "\n"), " | "); c.faults == "" || !allIn(told, strings.Split(c.faults, " | ")) {
				t.Errorf("%+v: %v", c.want, err)
			}
			continue
		}
		if got := chosen(d); got != c.steps || c.faults != "" {
			t.Errorf("%+v: chose %s, want %s%s", c.want, got, c.steps, c.faults)
		}
		if len(d.Whole) != len(needs) {
			t.Errorf("%+v: of the whole DAG %d steps are known", c.want, len(d.Whole))
		}
	}
}

func allIn(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// TestChoicesOfAllKinds holds what is chosen to the definitions, over all lists of up to
// two steps, each with every step after it, before it, forced, alone or not.
func TestChoicesOfAllKinds(t *testing.T) {
	names := append([]string{""}, words("patients examples tokens left right end alone")...)
	c, tried := parse(stages.Default, "kite.yaml", []byte(kite), nil), 0
	for _, first := range names {
		for _, second := range names {
			for _, down := range names {
				for _, until := range names {
					tried++
					force := names[tried%len(names)]
					want := Choice{Steps: words(first + " " + second), Downstream: words(down), Until: words(until), Force: words(force), Only: tried%2 == 1}
					holdChoice(t, c, want)
				}
			}
		}
	}
	if tried < 4000 {
		t.Errorf("%d choices were tried", tried)
	}
}

// reaches says whether a step is another one or needs it, however far.
func reaches(step, up string) bool {
	return step == up || slices.ContainsFunc(needs[step], func(near string) bool { return reaches(near, up) })
}

// holdChoice compares a choice with what its parts mean.
func holdChoice(t *testing.T, c *checker, want Choice) {
	t.Helper()
	c.list, c.dag.Steps = nil, slices.Clone(c.dag.Whole)
	c.choose(want)
	wanted := func(name string) bool {
		named := len(want.Steps)+len(want.Downstream) == 0 || slices.Contains(want.Steps, name) ||
			slices.ContainsFunc(want.Downstream, func(from string) bool { return reaches(name, from) })
		return named && (len(want.Until) == 0 || slices.ContainsFunc(want.Until, func(to string) bool { return reaches(to, name) }))
	}
	var all []string
	some, forcible := false, true
	for name := range needs {
		needed := false
		for other := range needs {
			needed = needed || wanted(other) && reaches(other, name)
		}
		some = some || wanted(name)
		runs := needed && (wanted(name) || !want.Only)
		shown := name
		if needed && !runs {
			shown = "[" + name + "]"
		}
		if slices.Contains(want.Force, name) {
			shown += "!"
			forcible = forcible && runs
		}
		if needed {
			all = append(all, shown)
		}
	}
	slices.Sort(all)
	d, err := c.result()
	switch {
	case !some || !forcible:
		if err == nil {
			t.Errorf("%+v was taken", want)
		}
	case err != nil:
		t.Errorf("%+v: %v", want, err)
	case chosen(d) != strings.Join(all, " "):
		t.Errorf("%+v: chose %s, want %s", want, chosen(d), fmt.Sprint(all))
	}
}

func TestWhatIsPublishedOfAChoice(t *testing.T) {
	for _, c := range []struct {
		want Choice
		n    int
	}{{Choice{}, 2}, {Choice{Steps: words("left")}, 1}, {Choice{Steps: words("end")}, 2}, {Choice{Steps: words("end"), Only: true}, 1}, {Choice{Steps: words("right")}, 0}} {
		d, err := loadKite(t, c.want)
		if err != nil || len(d.Publish) != c.n {
			t.Errorf("%+v publishes %v, %v", c.want, d, err)
		}
	}
}
