// The clinflow command turns MIMIC clinical notes into trained, evaluated
// clinical LLaMA adapters. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
)

func main() {
	// Beam starts remote workers with its own flags and no subcommand.
	if isWorker(os.Args[1:]) {
		runWorker()
		return
	}
	os.Exit(int(runCommand(os.Args[1:])))
}

// runCommand runs the command line and returns the exit code.
func runCommand(args []string) exit.Code {
	// Files and folders hold credentialed data: nobody else may read them.
	syscall.Umask(0o077)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	started := false
	var s settings
	root := newRoot(&s, &started)
	root.SetArgs(args)
	err := errors.Join(root.ExecuteContext(ctx), s.profiles.stop())
	if !started {
		err = exit.With(exit.Usage, err)
	}
	progress.Stop()
	if err == nil {
		return exit.OK
	}
	fmt.Fprintln(os.Stderr, "error:", strings.TrimSpace(err.Error()))
	if ctx.Err() != nil {
		return exit.Interrupted
	}
	return exit.Of(err)
}
