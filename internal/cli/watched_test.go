package cli

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/ui"
)

// listener keeps what is sent to it.
type listener struct {
	mu   sync.Mutex
	sent map[string]string // by path
}

func (l *listener) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if unpacked, err := gzip.NewReader(r.Body); err == nil {
			body = unpacked
		}
	}
	text, _ := io.ReadAll(body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[r.URL.Path] += string(text)
}

// TestWhoeverWatchesReadsNoText: a stage panics with the text of a note; neither the
// pages, metrics and traces nor who is told of the failure gets a word of it.
func TestWhoeverWatchesReadsNoText(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "panicky.yaml"), panickyDAG)
	heard := &listener{sent: map[string]string{}}
	server := httptest.NewServer(heard)
	defer server.Close()
	r := clinflow(t, dir, 1, "run", "panicky.yaml", "--out", "out", "--traces", server.URL, "--on-failure", "cat >told", "--on-failure-url", server.URL+"/hook")
	noCanary(t, "the streams", r.all())
	for path, want := range map[string]string{"/hook": `"dag":"panicky"`, "/v1/traces": "step patients"} {
		if !strings.Contains(heard.sent[path], want) {
			t.Errorf("%s was told %q", path, withheld(heard.sent[path]))
		}
		noCanary(t, path, heard.sent[path])
	}
	if told := read(t, dir, "told"); told != heard.sent["/hook"] || !strings.Contains(told, `"exit_code":1,"failed":["fails"]}`) {
		t.Errorf("the command was told %q", withheld(told))
	}
	run, err := runners.FindRun(t.Context(), filepath.Join(dir, "out"), "last")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := ui.New(ui.Options{Out: []string{filepath.Join(dir, "out")}, Addr: "127.0.0.1:80", Metrics: true, Env: stages.Default})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/": "panicky", "/runs/1/" + run.ID: "internal error at leak_test.go", "/dags/1/panicky": ">failed<", "/metrics": "clinflow_runs"} {
		w := httptest.NewRecorder()
		request := httptest.NewRequest("GET", path, nil)
		request.Host = "127.0.0.1"
		shown.Handler().ServeHTTP(w, request)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d without %q", path, w.Code, want)
		}
		noCanary(t, path, w.Body.String())
	}
}

// TestWhoIsNotThere: a collector or a server that is away fails no run, and is told.
func TestWhoIsNotThere(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "made.yaml"), "name: made\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n")
	if r := clinflow(t, dir, 0, "run", "made.yaml", "--out", "out", "--traces", "http://127.0.0.1:1"); !strings.Contains(r.stderr, "--traces: ") {
		t.Errorf("said %q", r.stderr)
	}
	for _, args := range [][]string{{"--traces", "127.0.0.1:1"}, {"--on-failure-url", "127.0.0.1"}} {
		if r := clinflow(t, dir, 2, append([]string{"run", "made.yaml", "--out", "out"}, args...)...); !strings.Contains(r.stderr, args[0]+": want a URL") {
			t.Errorf("%v: said %q", args, r.stderr)
		}
	}
	if r := clinflow(t, dir, 2, "run", "no/such/folder.yaml", "--out", "out", "--on-failure", "cat >told"); read(t, dir, "told") != `{"dag":"folder","exit_code":2,"failed":[]}` {
		t.Errorf("told %q, said %q", read(t, dir, "told"), r.stderr)
	}
}
