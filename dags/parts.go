package dags

import "github.com/clinflow/clinflow/stages"

// partsOf is the number of parts of a step's output as far as its stage and its
// sharded inputs tell it before they are made: 0 is unknown.
func partsOf(d *draft, ofInputs int) int {
	if source, ok := d.built.(stages.Source); ok {
		return source.Parts()
	}
	if len(d.Stage.Out.Tables) == 0 {
		return 0
	}
	return ofInputs
}
