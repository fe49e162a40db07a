package worker

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/rs/zerolog"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Log takes what a worker's stages and Beam say to the engine's own log. It never waits:
// lines that the engine does not take in time are lost.
type Log struct {
	entries chan *fnpb.LogEntry
	ended   chan struct{} // closed when no more lines come
	level   log.Severity  // the least of Beam's own messages that is told
}

// NewLog is a log that tells errors of Beam, or all that it says.
func NewLog(verbose bool) *Log {
	l := &Log{make(chan *fnpb.LogEntry, 1000), make(chan struct{}), log.SevError}
	if verbose {
		l.level = log.SevInfo
	}
	return l
}

// Log takes a message of Beam's.
func (l *Log) Log(ctx context.Context, severity log.Severity, _ int, message string) {
	if severity >= l.level {
		l.add(&fnpb.LogEntry{
			Severity: severities[severity], Message: told(message),
			InstructionId: metrics.GetBundleID(ctx), TransformId: metrics.GetTransformID(ctx),
		})
	}
}

var severities = map[log.Severity]fnpb.LogEntry_Severity_Enum{
	log.SevDebug: fnpb.LogEntry_Severity_DEBUG, log.SevInfo: fnpb.LogEntry_Severity_INFO, log.SevWarn: fnpb.LogEntry_Severity_WARN,
	log.SevError: fnpb.LogEntry_Severity_ERROR, log.SevFatal: fnpb.LogEntry_Severity_CRITICAL,
}

// WriteLevel takes a line of a stage's.
func (l *Log) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	l.add(&fnpb.LogEntry{Severity: levels[level], Message: strings.TrimSpace(string(line))})
	return len(line), nil
}

var levels = map[zerolog.Level]fnpb.LogEntry_Severity_Enum{
	zerolog.DebugLevel: fnpb.LogEntry_Severity_DEBUG, zerolog.InfoLevel: fnpb.LogEntry_Severity_INFO, zerolog.WarnLevel: fnpb.LogEntry_Severity_WARN,
	zerolog.ErrorLevel: fnpb.LogEntry_Severity_ERROR,
}

// Write takes a line without a level.
func (l *Log) Write(line []byte) (int, error) { return l.WriteLevel(zerolog.InfoLevel, line) }

func (l *Log) add(entry *fnpb.LogEntry) {
	entry.Timestamp = timestamppb.Now()
	select {
	case l.entries <- entry:
	default:
	}
}

// send hands the log to the engine from now on, until done, which waits for the last
// lines a little.
func (l *Log) send(ctx context.Context, endpoint string) (done func()) {
	log.SetLogger(l)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if err := l.stream(context.WithoutCancel(ctx), endpoint); err != nil {
			fmt.Fprintln(os.Stderr, "the engine does not take the worker's log:", err)
		}
	}()
	return func() {
		close(l.ended)
		select {
		case <-sent:
		case <-time.After(time.Second):
		}
	}
}

func (l *Log) stream(ctx context.Context, endpoint string) error {
	connection, err := dial(ctx, endpoint, 30*time.Second)
	if err != nil {
		return err
	}
	defer connection.Close()
	stream, err := fnpb.NewBeamFnLoggingClient(connection).Logging(ctx)
	if err != nil {
		return err
	}
	for entry := l.next(); entry != nil; entry = l.next() {
		if err := stream.Send(&fnpb.LogEntry_List{LogEntries: []*fnpb.LogEntry{entry}}); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	_, _ = stream.Recv() // the engine has read all
	return nil
}

// next waits for a line; nil: there will be none.
func (l *Log) next() *fnpb.LogEntry {
	select {
	case entry := <-l.entries:
		return entry
	case <-l.ended:
	}
	select {
	case entry := <-l.entries:
		return entry
	default:
		return nil
	}
}
