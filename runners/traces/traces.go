// Package traces tells a collector of OpenTelemetry of a run: a trace a run, a span a step,
// with names, numbers and states, and no text: no error, reason, path or setting.
package traces

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/version"
	"github.com/clinflow/clinflow/runners"
)

// Environment is the endpoint that stands for the variables of OpenTelemetry's own, such as
// OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS.
const Environment = "env"

// patience is for how long the last spans of a run are sent.
const patience = 5 * time.Second

// Tracer makes spans of a run's events. Safe for concurrent use.
type Tracer struct {
	provider *trace.TracerProvider
	mu       sync.Mutex
	run      api.Span
	in       context.Context // of the run's span
	steps    map[string]api.Span
	last     time.Time
}

// Start begins to tell a collector of OTLP over HTTP: at a URL, to which v1/traces is
// added where it has no path, or at Environment. failed is told where it does not take
// spans, which no run fails of.
func Start(ctx context.Context, endpoint string, failed func(error)) (*Tracer, error) {
	var options []otlptracehttp.Option
	if endpoint != Environment {
		at, err := url.Parse(endpoint)
		if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return nil, exit.Errorf(exit.Usage, "--traces: want a URL, such as http://localhost:4318, or %s for what OTEL_EXPORTER_OTLP_ENDPOINT says", Environment)
		}
		if strings.Trim(at.Path, "/") == "" {
			at.Path = "/v1/traces"
		}
		options = append(options, otlptracehttp.WithEndpointURL(at.String()))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "--traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { failed(withoutPaths(err)) }))
	return start(exporter), nil
}

func start(to trace.SpanExporter) *Tracer {
	of := resource.NewSchemaless(attribute.String("service.name", "clinflow"), attribute.String("service.version", version.Build()))
	return &Tracer{provider: trace.NewTracerProvider(trace.WithBatcher(to), trace.WithResource(of)), steps: map[string]api.Span{}}
}

// Tell takes an event of the run.
func (t *Tracer) Tell(e runners.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last = e.Time; t.run == nil && e.Kind != runners.RunStarted {
		return // its journal could not be begun
	}
	tracer := t.provider.Tracer("github.com/clinflow/clinflow")
	switch e.Kind {
	case runners.RunStarted:
		t.in, t.run = tracer.Start(context.Background(), "run "+e.DAG, api.WithTimestamp(e.Time), api.WithAttributes(
			attribute.String("clinflow.dag", e.DAG), attribute.String("clinflow.run", e.Run), attribute.String("clinflow.runner", e.Runner),
			attribute.Int("clinflow.workers", e.Workers), attribute.Int("clinflow.steps", len(e.Steps))))
	case runners.RunEnded:
		t.run.SetAttributes(attribute.String("clinflow.state", e.Outcome))
	case runners.Published:
	default:
		t.step(tracer, e)
	}
}

// step begins or ends the span of a step.
func (t *Tracer) step(tracer api.Tracer, e runners.Event) {
	span := t.steps[e.Step]
	if span == nil {
		_, span = tracer.Start(t.in, "step "+e.Step, api.WithTimestamp(e.Time), api.WithAttributes(
			attribute.String("clinflow.step", e.Step), attribute.String("clinflow.stage", e.Stage)))
		t.steps[e.Step] = span
	}
	if e.Kind == runners.StepStarted {
		return
	}
	state := strings.TrimPrefix(e.Kind, "step ")
	span.SetAttributes(attribute.String("clinflow.state", state))
	if e.PeakMemory > 0 {
		span.SetAttributes(attribute.Int64("clinflow.peak_memory_bytes", e.PeakMemory))
	}
	for name, n := range e.Counts {
		if !n.Hidden() {
			span.SetAttributes(attribute.Int64("clinflow.count."+name, int64(n)))
		}
	}
	if e.Kind == runners.StepFailed {
		span.SetStatus(codes.Error, "")
	}
	span.End(api.WithTimestamp(e.Time))
}

// End ends the run's span with the exit code of the process, and sends what is left.
func (t *Tracer) End(ctx context.Context, code exit.Code) error {
	t.mu.Lock()
	if t.run != nil {
		t.run.SetAttributes(attribute.Int("clinflow.exit_code", int(code)))
		if code != exit.OK {
			t.run.SetStatus(codes.Error, "")
		}
		for _, span := range t.steps {
			span.End(api.WithTimestamp(t.last)) // nothing, of one that has ended
		}
		t.run.End(api.WithTimestamp(t.last))
	}
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return withoutPaths(t.provider.Shutdown(ctx))
}

var pathOfURL = regexp.MustCompile(`(https?://[^/\s"]+)/[^\s"]*`)

// withoutPaths takes the paths of URLs from an error for the log: a collector's may hold a
// key.
func withoutPaths(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(pathOfURL.ReplaceAllString(err.Error(), "$1/…"))
}
