package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
)

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
