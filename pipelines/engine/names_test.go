package engine

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// What Dataflow takes for a job's name, and an engine for a label.
var valid = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

func TestNamesOfJobs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix, step, decides := rapid.String().Draw(t, "job_name"), rapid.String().Draw(t, "step"), rapid.String().Draw(t, "decides")
		name := Name(prefix, step, decides)
		if !valid.MatchString(name) {
			t.Fatalf("%q", name)
		}
		if name != Name(prefix, step, decides) || name == Name(prefix, step, decides+"x") {
			t.Fatalf("%q is not the name of one work", name)
		}
	})
	for _, c := range [][3]string{
		{"", "texts_without_deaths", `^clinflow-texts-without-deaths-[0-9a-f]{16}$`},
		{"Nightly Run", "texts", `^nightly-run-texts-`},
		{"7", "", `^clinflow-[0-9a-f]{16}$`},
	} {
		if name := Name(c[0], c[1], "x"); !regexp.MustCompile(c[2]).MatchString(name) {
			t.Errorf("%q: %s", c, name)
		}
	}
}

func TestBeamsNamesOfRunners(t *testing.T) {
	for name, want := range map[string]string{
		"DirectRunner": Direct, "PrismRunner": Prism, "DataflowRunner": Dataflow, "FlinkRunner": Flink, "SparkRunner": Spark,
		"PortableRunner": Universal, "portable": Universal, "direct": Direct, "flink": Flink, "SamzaRunner": "SamzaRunner",
	} {
		if got := Canonical(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
