// Package examples has small cases of the stages that ship: what is put in, how the
// stage is set, and what comes out. They are tests, and `clinflow stages NAME` shows
// them. All of their data are made up.
//
// The folder stage beside them is a module of its own: a stage outside this one.
package examples

import (
	"embed"

	"github.com/clinflow/clinflow/stages"
)

//go:embed *.*/*/config.yaml *.*/*/in *.*/*/want
var files embed.FS

func init() {
	if err := stages.Default.AddExamples(files); err != nil {
		panic(err)
	}
}
