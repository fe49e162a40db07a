package worker

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/rs/zerolog"
	"google.golang.org/grpc"

	"github.com/clinflow/clinflow/internal/exit"
)

const secret = "a patient's words"

// heard is an engine that takes logs.
type heard struct {
	fnpb.UnimplementedBeamFnLoggingServer
	mu    sync.Mutex
	lines []*fnpb.LogEntry
}

func (h *heard) Logging(stream fnpb.BeamFnLogging_LoggingServer) error {
	for {
		list, err := stream.Recv()
		if err != nil {
			return nil // the worker has ended
		}
		h.mu.Lock()
		h.lines = append(h.lines, list.GetLogEntries()...)
		h.mu.Unlock()
	}
}

func listen(t *testing.T, h *heard) (endpoint string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	fnpb.RegisterBeamFnLoggingServer(server, h)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// The engine hears what stages say, of Beam its errors, and of a panic that there was one.
func TestWhatTheEngineHears(t *testing.T) {
	var h heard
	lines := NewLog(false)
	done := lines.send(t.Context(), listen(t, &h))
	stage := zerolog.New(lines).Level(zerolog.InfoLevel)
	stage.Debug().Msg("too little")
	stage.Info().Msg("from a stage")
	log.Infof(t.Context(), "chatter")
	log.Errorf(t.Context(), "bundle failed: panic: %s\n\tstack", secret)
	done()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.lines) != 2 || !strings.Contains(h.lines[0].GetMessage(), "from a stage") || h.lines[0].GetSeverity() != fnpb.LogEntry_Severity_INFO {
		t.Fatalf("heard %v", h.lines)
	}
	if got := h.lines[1]; got.GetSeverity() != fnpb.LogEntry_Severity_ERROR || !strings.Contains(got.GetMessage(), "bundle failed: panic (its value is withheld") || strings.Contains(got.GetMessage(), secret) {
		t.Errorf("heard %v", got)
	}
}

func TestAnswersHoldNoPanic(t *testing.T) {
	for given, want := range map[string]string{
		"":                              "",
		"no such stage":                 "no such stage",
		"failed: panic: " + secret:      "failed: panic (its value is withheld, it may hold note text)",
		"the panic's value is withheld": "the panic's value is withheld",
	} {
		answer := &fnpb.InstructionResponse{Error: given}
		if err := guardResponse(t.Context(), nil, answer); err != nil || answer.Error != want {
			t.Errorf("%q becomes %q, %v", given, answer.Error, err)
		}
	}
	if err := guardResponse(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}

// A job's options come without Beam's hooks, and its engine cannot sample data.
func TestOptionsOfAJob(t *testing.T) {
	w := Worker{
		Capabilities: []string{"beam:other:v1", graphx.URNDataSampling},
		Options:      `{"beam:option:go_options:v1": {"options": {"hooks": "{\"default_remote_logging\": null}", "kept": "1"}}}`,
	}
	if err := w.adopt(); err != nil {
		t.Fatal(err)
	}
	if len(w.Capabilities) != 1 || runtime.GlobalOptions.Get("kept") != "1" || strings.Contains(runtime.GlobalOptions.Get("hooks"), "remote_logging") {
		t.Errorf("capabilities %v, options %v", w.Capabilities, runtime.GlobalOptions.Export())
	}
	w.Options = "{"
	if err := w.adopt(); err == nil {
		t.Error("options that are no JSON are taken")
	}
}

func TestAWorkerWithoutEndpoints(t *testing.T) {
	if err := (&Worker{ID: "1"}).ask(t.Context()); exit.Of(err) != exit.Usage {
		t.Error(err)
	}
}

func TestAnOrphanIsTold(t *testing.T) {
	var parent atomic.Int32
	parent.Store(7)
	told := make(chan struct{})
	go orphaned(t.Context(), func() int { return int(parent.Load()) }, func() { close(told) })
	select {
	case <-told:
		t.Fatal("its parent lives")
	case <-time.After(1500 * time.Millisecond):
	}
	parent.Store(1)
	select {
	case <-told:
	case <-time.After(time.Minute):
		t.Error("it does not notice")
	}
}

func TestAnEndpointThatDoesNotAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t.Context(), address, 200*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), address) {
		t.Error(err)
	}
}

// A worker that its engine has forgotten ends, and none that has work, or may get some.
func TestAForgottenWorkerEnds(t *testing.T) {
	long := time.Now().Add(-time.Minute)
	for name, c := range map[string]struct {
		i           *instructions
		begun, over bool
		ends        bool
	}{
		"forgotten":                {&instructions{last: long}, true, true, true},
		"forgotten in a bundle":    {&instructions{open: 1, last: long}, true, true, true},
		"never asked":              {&instructions{last: long}, false, true, true},
		"at work":                  {&instructions{open: 1, last: long}, true, false, false},
		"between two bundles":      {&instructions{last: long}, true, false, false},
		"at what it does not know": {&instructions{open: 1, last: long}, false, true, false},
		"asked a moment ago":       {&instructions{last: time.Now()}, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer stop()
			ended := false
			forgotten(ctx, c.i, func() (bool, bool) { return c.begun, c.over }, func() { ended = true })
			if ended != c.ends {
				t.Errorf("ends: %v", ended)
			}
		})
	}
}
