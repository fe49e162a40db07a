package ui

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
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

// TestAFolderThatCannotBeReadIsCounted: by its number, without a word of why, and it hides
// no other.
func TestAFolderThatCannotBeReadIsCounted(t *testing.T) {
	noRuns, noSchedule, noMetrics, whole := t.TempDir(), folderWith(t, "page"), folderWith(t, "page"), folderWith(t, "page")
	for _, name := range []string{filepath.Join(noRuns, "runs"), filepath.Join(noSchedule, "schedule"), measuredBy(t, noMetrics)} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	w := ask(serve(t, Options{Out: []string{noRuns, noSchedule, noMetrics, whole}, Metrics: true}), "GET", "/metrics")
	for _, want := range []string{
		`clinflow_folder_unread{folder="1"} 1`, `clinflow_folder_unread{folder="2"} 1`, `clinflow_folder_unread{folder="3"} 1`, `clinflow_folder_unread{folder="4"} 0`,
		`clinflow_runs{dag="made",folder="2",state="failed"} 1`, `clinflow_runs{dag="measured",folder="3",state="done"} 1`, `clinflow_runs{dag="made",folder="4",state="failed"} 1`,
	} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("%d without %s: %s", w.Code, want, w.Body)
		}
	}
	for _, out := range []string{noRuns, noSchedule, noMetrics, whole} {
		if strings.Contains(w.Body.String(), out) {
			t.Errorf("%s is told", out)
		}
	}
}
