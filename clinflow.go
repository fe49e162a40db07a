// Package clinflow is the whole program as a function, for binaries with stages of
// their own. Such a main imports the stages that it wants, for their side effect
// of registering themselves, and calls Main:
//
//	import (
//		"github.com/clinflow/clinflow"
//		_ "github.com/clinflow/clinflow/stages/builtin"
//
//		_ "example.org/negation"
//	)
//
//	func main() { clinflow.Main() }
//
// examples/stage is such a binary, and docs/first-stage.md tells how it is written.
package clinflow

import (
	"os"

	"github.com/clinflow/clinflow/internal/cli"
)

// Main runs the command line of the process, over all registered stages, and ends
// the process with its exit code. It must be called before anything else reads the
// flags: a binary that Beam starts as a worker serves Beam here.
func Main() { os.Exit(cli.Main(os.Args[1:])) }
