// The clinflow command turns MIMIC clinical notes into trained, evaluated
// clinical LLaMA adapters. See README.md.
package main

import (
	"github.com/clinflow/clinflow"
	_ "github.com/clinflow/clinflow/stages/builtin"
)

func main() { clinflow.Main() }
