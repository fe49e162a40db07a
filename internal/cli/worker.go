package cli

import (
	"flag"
	"slices"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// isWorker says whether Beam's boot code started the binary.
func isWorker(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return a == "--worker" || a == "-worker" || a == "--worker=true" || a == "-worker=true"
	})
}

// runWorker serves a remote runner until it ends the process: in worker mode
// beam.Init does not return.
func runWorker() {
	syscall.Umask(0o077)
	flag.Parse()
	beam.Init()
}
