package ui

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestPrometheusIsToldNumbers: what the journal tells of a run, without a word of its
// errors, under names and units of Prometheus' own conventions.
func TestPrometheusIsToldNumbers(t *testing.T) {
	out := folderWith(t, "page")
	h := serve(t, Options{Out: []string{out}, Metrics: true})
	w := ask(h, "GET", "/metrics")
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	for _, want := range []string{
		`clinflow_runs{dag="made",folder="1",state="failed"} 1`, `clinflow_runs{dag="made",folder="1",state="running"} 0`, `clinflow_last_run_duration_seconds{dag="made",folder="1"} 3`,
		`clinflow_last_run_steps{dag="made",folder="1",state="done"} 1`, `clinflow_last_run_steps{dag="made",folder="1",state="failed"} 1`,
		`clinflow_step_duration_seconds{dag="made",folder="1",step="a"} 2`, `clinflow_last_run_start_timestamp_seconds{dag="made",folder="1"} 1.767323045e+09`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	for _, other := range []string{"wrong", "row 7", out, "never ran"} {
		if strings.Contains(w.Body.String(), other) {
			t.Errorf("%q is told", other)
		}
	}
	s, err := New(Options{Out: []string{out}, Addr: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector{s})
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if w := ask(serve(t, Options{Out: []string{out}}), "GET", "/metrics"); w.Code != http.StatusNotFound {
		t.Errorf("not asked for: %d", w.Code)
	}
	if w := ask(serve(t, Options{Out: []string{out}, Metrics: true, Token: "0123456789abcdef"}), "GET", "/metrics"); w.Code != http.StatusUnauthorized {
		t.Errorf("without the token: %d", w.Code)
	}
}
