package traces

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/runners"
)

// keeper keeps the spans that it is given, also when it is shut down.
type keeper struct{ ended tracetest.SpanStubs }

func (k *keeper) ExportSpans(_ context.Context, spans []trace.ReadOnlySpan) error {
	k.ended = append(k.ended, tracetest.SpanStubsFromReadOnlySpans(spans)...)
	return nil
}

func (k *keeper) Shutdown(context.Context) error { return nil }

// TestARunIsATrace: times are the journal's, and no text is told.
func TestARunIsATrace(t *testing.T) {
	at := func(seconds int) time.Time { return time.Date(2026, 1, 2, 3, 4, seconds, 0, time.UTC) }
	spans := &keeper{}
	tracer := start(spans)
	for _, e := range []runners.Event{
		{Time: at(0), Kind: runners.RunStarted, DAG: "made", Run: "r", File: "/home/x/made.yaml", Runner: "direct", Workers: 2, Steps: make([]runners.Outline, 4)},
		{Time: at(1), Kind: runners.StepSkipped, Step: "a", Stage: "x", Reasons: []string{"text"}},
		{Time: at(1), Kind: runners.StepStarted, Step: "b", Stage: "y", Reasons: []string{"text"}},
		{Time: at(4), Kind: runners.StepDone, Step: "b", Stage: "y", PeakMemory: 7, Counts: map[string]smallcell.Count{"kept": 12, "few": smallcell.Below}},
		{Time: at(4), Kind: runners.StepStarted, Step: "c", Stage: "z"},
		{Time: at(6), Kind: runners.StepFailed, Step: "c", Stage: "z", Error: "text"},
		{Time: at(6), Kind: runners.Published, File: "text"},
		{Time: at(6), Kind: runners.RunEnded, Outcome: "failed", Error: "text"},
	} {
		tracer.Tell(e)
	}
	if err := tracer.End(t.Context(), exit.BadData); err != nil {
		t.Fatal(err)
	}
	type told struct {
		Name   string
		Took   time.Duration
		Failed bool
		With   map[string]any
	}
	var all []told
	for _, s := range spans.ended {
		one := told{s.Name, s.EndTime.Sub(s.StartTime), s.Status.Code == codes.Error, map[string]any{}}
		for _, a := range s.Attributes {
			one.With[string(a.Key)] = a.Value.AsInterface()
		}
		if s.Status.Description != "" || len(s.Events) > 0 || s.SpanContext.TraceID() != spans.ended[0].SpanContext.TraceID() {
			t.Errorf("%s: %+v", s.Name, s)
		}
		all = append(all, one)
	}
	want := []told{
		{"step a", 0, false, map[string]any{"clinflow.step": "a", "clinflow.stage": "x", "clinflow.state": "skipped"}},
		{"step b", 3 * time.Second, false, map[string]any{"clinflow.step": "b", "clinflow.stage": "y", "clinflow.state": "done", "clinflow.peak_memory_bytes": int64(7), "clinflow.count.kept": int64(12)}},
		{"step c", 2 * time.Second, true, map[string]any{"clinflow.step": "c", "clinflow.stage": "z", "clinflow.state": "failed"}},
		{"run made", 6 * time.Second, true, map[string]any{
			"clinflow.dag": "made", "clinflow.run": "r", "clinflow.runner": "direct", "clinflow.workers": int64(2), "clinflow.steps": int64(4),
			"clinflow.state": "failed", "clinflow.exit_code": int64(exit.BadData),
		}},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
}

func TestEndpointsThatAreNone(t *testing.T) {
	for _, endpoint := range []string{"localhost:4318", "ftp://x", "http://", "://"} {
		if _, err := Start(t.Context(), endpoint, nil); exit.Of(err) != exit.Usage {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
