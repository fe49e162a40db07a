package logs

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// libraries is a log of what libraries say. Beam's runners and workers meet data, and may
// put it into any message, of a panic above all: what they say is told by its place in
// their code alone.
type libraries struct{ slog.Handler }

// dataless are the packages whose messages hold no data: ours, and those of Beam that
// submit a job.
var dataless = []string{
	"github.com/clinflow/clinflow/",
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/",
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow",
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal",
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/",
}

// pass lead from who speaks to here.
var pass = []string{"log.", "log/slog.", "github.com/apache/beam/sdks/v2/go/pkg/beam/log.", "github.com/clinflow/clinflow/internal/logs.libraries."}

// Handle implements slog.Handler.
func (l libraries) Handle(ctx context.Context, r slog.Record) error {
	speaker := caller()
	if begins(speaker.Function, dataless) {
		return l.Handler.Handle(ctx, r)
	}
	said := slog.NewRecord(r.Time, r.Level, fmt.Sprintf("%s:%d says something that is withheld, for it may hold note text", filepath.Base(speaker.File), speaker.Line), r.PC)
	if failure, sealed := exit.Sealed(text(r)); sealed {
		said.Message = failure.Error()
	}
	return l.Handler.Handle(ctx, said)
}

// caller is the innermost function that is no way to the log.
func caller() runtime.Frame {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		if !more || !begins(frame.Function, pass) {
			return frame
		}
	}
}

func begins(name string, with []string) bool {
	return slices.ContainsFunc(with, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// text is a message with its attributes.
func text(r slog.Record) string {
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&b, " %v", a.Value)
		return true
	})
	return b.String()
}

// WithAttrs implements slog.Handler. Attributes are a library's own, and withheld.
func (l libraries) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l libraries) WithGroup(string) slog.Handler { return l }
