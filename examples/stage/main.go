// The negations command is clinflow with one stage more: text.negations, which is
// in negations.go.
package main

import (
	"github.com/clinflow/clinflow"
	_ "github.com/clinflow/clinflow/stages/builtin"
)

func main() { clinflow.Main() }
