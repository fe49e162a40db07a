// Package logs makes the program's logger: zerolog, with the library logs of Beam
// and gRPC routed into it. Nothing that is logged holds data: messages are written
// by us from places, counts and hashes.
package logs

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
)

// The formats of log lines.
const (
	JSON    = "json"
	Console = "console"
)

// To logs to w as json or console lines. level is the least severe level shown of
// our own messages.
func To(w io.Writer, format string, level zerolog.Level) (zerolog.Logger, error) {
	switch format {
	case JSON:
	case Console:
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !isatty.IsTerminal(os.Stderr.Fd())}
	default:
		return zerolog.Nop(), exit.Errorf(exit.Usage, "--log-format %q is neither json nor console", format)
	}
	return zerolog.New(w).With().Timestamp().Logger().Level(level), nil
}

// AdoptSlog makes slog's default logger, which is the process's and which Beam and
// gRPC write to, write to log from level on, and withhold what may hold data. Call it after beam.Init, which installs
// a handler of its own.
func AdoptSlog(log zerolog.Logger, level zerolog.Level) {
	slog.SetDefault(slog.New(libraries{zerolog.NewSlogHandler(log.Level(level))}))
}
