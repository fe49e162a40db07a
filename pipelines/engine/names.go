package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// The runners, by our names.
const (
	Direct    = "direct"
	Prism     = "prism"
	Dataflow  = "dataflow"
	Flink     = "flink"
	Spark     = "spark"
	Universal = "universal"
)

// Names are the runners.
var Names = []string{Direct, Prism, Dataflow, Flink, Spark, Universal}

// beamNames are Beam's other names of runners.
var beamNames = map[string]string{
	"DirectRunner": Direct, "PrismRunner": Prism, "DataflowRunner": Dataflow, "FlinkRunner": Flink,
	"SparkRunner": Spark, "PortableRunner": Universal, "portable": Universal,
}

// BeamName is Beam's own name of a runner, as Airflow's operators have it.
func BeamName(runner string) string {
	for name, ours := range beamNames {
		if ours == runner && strings.HasSuffix(name, "Runner") {
			return name
		}
	}
	return runner
}

// Canonical is our name of a runner that Beam may name otherwise; of an unknown one the
// name itself.
func Canonical(runner string) string {
	if name, ok := beamNames[runner]; ok {
		return name
	}
	return runner
}

// Dataflow takes [a-z]([-a-z0-9]*[a-z0-9])? for a job's name, and what an engine makes
// labels of must have 63 characters at most.
const (
	longestPrefix = 20
	longestStep   = 20
)

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// Name is the name of a step's job: that of the user's --job_name or clinflow, the
// step's, and 16 digits of what decides the job's output. Two jobs of one name do the
// same work.
func Name(prefix, step, decides string) string {
	if prefix = word(prefix, longestPrefix); prefix == "" || prefix[0] < 'a' {
		prefix = "clinflow"
	}
	sum := sha256.Sum256([]byte(decides))
	name := prefix + "-" + word(step, longestStep) + "-" + hex.EncodeToString(sum[:8])
	return strings.ReplaceAll(name, "--", "-")
}

// word is what job names can have of a text.
func word(text string, longest int) string {
	text = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(text), "-"), "-")
	return strings.Trim(text[:min(len(text), longest)], "-")
}
