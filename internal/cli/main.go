// Package cli is the command line: one file a command.
package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
	"github.com/spf13/pflag"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/internal/progress"
)

// Main runs the command line and returns the exit code of the process.
func Main(args []string) int {
	// Beam starts remote workers with its own flags and no subcommand.
	if isWorker(args) {
		runWorker()
		return int(exit.OK)
	}
	return int(runCommand(args))
}

// runCommand runs the command line and returns the exit code.
func runCommand(args []string) exit.Code {
	// Files and folders hold credentialed data: nobody else may read them.
	syscall.Umask(0o077)
	ctx, stop := untilInterrupted()
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
	code := exit.Of(err)
	if ctx.Err() != nil {
		code = exit.Interrupted
	}
	tell(args, err, code)
	return code
}

// tell says at the end why the command failed: to a person in a line, to a
// machine in an object with the exit code.
func tell(args []string, err error, code exit.Code) {
	text := strings.TrimSpace(err.Error())
	if logFormat(args) != logs.JSON {
		fmt.Fprintln(os.Stderr, "error:", text)
		return
	}
	_ = logs.To(os.Stderr, logs.JSON, zerolog.ErrorLevel) // the flags may have failed before the log was set up
	log.Error().Int("exit_code", int(code)).Msg(text)
}

// logFormat is what --log-format says, also where other flags are wrong.
func logFormat(args []string) string {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	format := flags.String("log-format", logs.Console, "")
	_ = flags.Parse(args)
	return *format
}
