package stages

import "fmt"

// Spec declares a stage. From it come decoding, lint, the sample YAML, the JSON
// schema and the reference page: nothing about a stage is written twice.
type Spec struct {
	Name    string // `family.stage`, as DAG files name it
	Version int    // raised whenever the output for the same input moves
	Doc     string // one paragraph
	In      []Port
	Out     Output
	Shape   Shape // set by the Register function

	config func() Fields
	build  func(e *Environment, resolved []byte) (any, error)
}

// Port is one input of a stage.
type Port struct {
	Name     string
	Kind     string   // dataset kind it takes, such as mimic.KindPatients
	Tables   []string // tables it reads; only their digests enter the fingerprint
	Sharded  bool     // the same part number of all sharded ports meets; else broadcast whole
	Optional bool
	Many     bool // takes a list of datasets
	Doc      string
}

// The kinds of artifacts that several stages make or take. An artifact is a dataset
// of files.
const (
	KindTokenizer = "tokenizer" // what transformers' AutoTokenizer loads
	KindModel     = "model"     // a Hugging Face folder of a model
	KindAdapter   = "adapter"   // a folder of the PEFT library, with adapters beside it
	KindMetrics   = "metrics"   // metrics.json
	KindReport    = "report"    // report.html

	KindComparisons = "comparisons" // comparisons.json
)

// Output is what a stage leaves: a dataset kind and, where it is sharded, its
// tables.
type Output struct {
	Kind   string
	Tables []string
}

// Config returns the fields of the stage's configuration.
func (s Spec) Config() Fields { return s.config() }

// Build constructs the stage in an environment from its resolved configuration (JSON).
func (s Spec) Build(e *Environment, resolved []byte) (any, error) {
	stage, err := s.build(e, resolved)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", s.Name, err)
	}
	return stage, nil
}

// InputParts is how many parts the stage's sharded inputs have, 0 without one.
// That they agree is checked before a stage runs.
func (s Spec) InputParts(in Inputs) int {
	for _, port := range s.In {
		if port.Sharded && len(in[port.Name]) > 0 {
			return in[port.Name][0].Parts()
		}
	}
	return 0
}

// OutputParts is how many parts the output of a map or job has: those of its
// sharded inputs where it writes tables, else 0.
func (s Spec) OutputParts(in Inputs) int {
	if len(s.Out.Tables) == 0 {
		return 0
	}
	return s.InputParts(in)
}
