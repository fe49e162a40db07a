// Package cli is the command line: one file a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/stages"
)

// Main runs the command line and returns the exit code of the process.
func Main(args []string) int {
	return int(runCommand(asRun(asWorker(args))))
}

// runCommand runs the command line and returns the exit code.
func runCommand(args []string) exit.Code {
	// Files and folders hold credentialed data: nobody else may read them.
	syscall.Umask(0o077)
	ctx, stop := untilInterrupted()
	defer stop()
	started := false
	s := settings{env: stages.Default}
	root := newRoot(&s, &started)
	root.SetArgs(args)
	err := errors.Join(root.ExecuteContext(ctx), s.profiles.stop())
	if !started {
		err = exit.With(exit.Usage, err)
	}
	s.env.Progress.Stop()
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
	log, _ := logs.To(os.Stderr, logs.JSON, zerolog.ErrorLevel) // the flags may have failed before the log was set up
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

// untilInterrupted is a context that the first Ctrl-C or SIGTERM ends. The second
// ends the process at once, which loses no more than a power cut would. stop must be
// called.
func untilInterrupted() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for range signals {
			if ctx.Err() != nil {
				os.Exit(int(exit.Interrupted))
			}
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}
