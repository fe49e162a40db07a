package dags

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
)

// A configuration on its own is read as in a DAG: what Parse refuses is refused, at the
// same key, and what it takes has the same bytes.
func TestResolveIsParse(t *testing.T) {
	spec, _ := stages.Default.Lookup("fake.ingest")
	for _, with := range []string{
		`{root: /x}`, `{root: /x, shards: 3}`, ``, `{root: /x, sharts: 3}`, `{root: /x, shards: three}`, `{root: /x, shards: -1}`,
	} {
		resolved, err := Resolve("with", []byte(with), spec.Config())
		d, parsed := Parse(stages.Default, "x.yaml", []byte("name: x\nsteps:\n  p:\n    stage: fake.ingest\n    with: "+with+"\n"), nil)
		switch {
		case (err == nil) != (parsed == nil):
			t.Errorf("%s: alone %v, in a DAG %v", with, err, parsed)
		case err == nil && string(resolved) != string(d.Steps[0].Config):
			t.Errorf("%s: alone %s, in a DAG %s", with, resolved, d.Steps[0].Config)
		case err != nil && what(err) != strings.Replace(what(parsed), "steps.p.with.", "", 1):
			t.Errorf("%s: alone %s, in a DAG %s", with, what(err), what(parsed))
		}
	}
}

// what is the first problem without its place.
func what(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	_, line, _ = strings.Cut(line, ": ")
	return line
}

// A DAG names the stages of its environment and no others.
func TestStagesAreThoseOfTheEnvironment(t *testing.T) {
	text := []byte("name: x\nsteps:\n  p: {stage: fake.ingest, with: {root: /x}}\n")
	spec, _ := stages.Default.Lookup("fake.ingest")
	if _, err := Parse(stages.NewEnvironment(spec), "x.yaml", text, nil); err != nil {
		t.Error(err)
	}
	if _, err := Parse(stages.NewEnvironment(), "x.yaml", text, nil); err == nil || !strings.Contains(err.Error(), "unknown stage fake.ingest") {
		t.Errorf("got %v", err)
	}
}
