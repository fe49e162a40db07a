package cli

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/ui"
)

var shownAt = regexp.MustCompile(`url=(http://\S+)`)

// showing starts clinflow ui and returns the address of its page.
func showing(t *testing.T, dir string, args ...string) (address string) {
	t.Helper()
	cmd := command(t, dir, append([]string{"ui", "--addr", "127.0.0.1:0"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := shownAt.FindStringSubmatch(lines.Text()); found != nil {
			go func() {
				for lines.Scan() {
					t.Log(lines.Text())
				}
			}()
			return found[1]
		}
	}
	t.Fatal("clinflow ui did not say where")
	return ""
}

// TestWhoFollowsMayLeave: Ctrl-C ends the following, says so, and leaves the run.
func TestWhoFollowsMayLeave(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "long.yaml"), "name: long\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 1000000}}\n")
	run, tail := command(t, dir, "run", "long.yaml", "--quiet", "--out", "out"), command(t, dir, "runs", "tail", "--out", "out")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill(); _ = run.Wait() })
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if found, _ := runners.ListRuns(t.Context(), filepath.Join(dir, "out")); len(found) == 1 && found[0].DAG == "long" {
			break
		}
	}
	var stderr strings.Builder
	tail.Stderr = &stderr
	stdout, err := tail.StdoutPipe()
	if err == nil {
		err = tail.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := tail.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = tail.Wait() // how it ended is in its state
	if code := tail.ProcessState.ExitCode(); code != 130 || stderr.String() != "error: interrupted; the run itself is left as it is\n" {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
	if err := run.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the run: %v", err)
	}
}

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
	if r := clinflow(t, dir, 0, "run", "made.yaml", "--out", "out", "--traces", "http://127.0.0.1:1/S3CRET"); !strings.Contains(r.stderr, "--traces: ") || strings.Contains(r.stderr, "S3CRET") {
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

// documented are the lines of a document's blocks of shell, remarks aside.
func documented(t *testing.T, document string) (lines []string) {
	t.Helper()
	for _, block := range strings.Split(read(t, document), "```sh\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for line := range strings.Lines(block) {
			line, _, _ = strings.Cut(line, "  #")
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// TestTheDocumentOfWatching: its commands do what they say, a failing DAG in place of the
// demo, and servers of the test in place of those that it names.
func TestTheDocumentOfWatching(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	write(t, filepath.Join(dir, "panicky.yaml"), panickyDAG)
	heard := &listener{sent: map[string]string{}}
	server := httptest.NewServer(heard)
	defer server.Close()
	clinflow(t, dir, 1, "run", "panicky.yaml")
	clinflow(t, dir, 1, "run", "panicky.yaml", "--out", "clinflow-demo")
	run, err := runners.FindRun(t.Context(), filepath.Join(dir, "clinflow-out"), "last")
	if err != nil {
		t.Fatal(err)
	}
	token, pages := "", ""
	change := strings.NewReplacer("20261126", run.ID, "run demo", "run panicky.yaml", "--dags demo", "--dags panicky.yaml",
		"http://localhost:4318", server.URL, "https://hooks.example.org", server.URL, "'mail ", "'echo mail ")
	for _, line := range documented(t, "../../docs/watching.md") {
		typed := change.Replace(line)
		switch {
		case strings.HasPrefix(line, "clinflow ui"):
			args := strings.Fields(strings.ReplaceAll(typed, "~", dir))[2:]
			address := showing(t, dir, args...)
			if strings.Contains(line, "--token-file") {
				token = strings.TrimSpace(read(t, dir, ".clinflow-token"))
			}
			pages = address
			if text := fetched(t, address, token); !strings.Contains(text, "The last, of panicky, began") {
				t.Errorf("%s shows %q", line, text)
			}
		case strings.HasPrefix(line, "curl"):
			if text := fetched(t, pages+"metrics", token); !strings.Contains(text, "clinflow_runs{") {
				t.Errorf("metrics are %q", text)
			}
		case strings.HasPrefix(line, "clinflow runs"):
			if r := typeIn(t, dir, typed); r.code != 0 || !strings.Contains(r.stdout, run.ID) {
				t.Errorf("%s: %d, %s", line, r.code, r.all())
			}
		default:
			if r := typeIn(t, dir, typed); r.code != 1 || strings.Contains(line, "mail") && !strings.Contains(r.stderr, "mail -s clinflow: panicky ended with 1 me@example.org") {
				t.Errorf("%s: %d, %s", line, r.code, withheld(r.all()))
			}
		}
	}
	if n := strings.Count(heard.sent["/v1/traces"], "run panicky"); n != 2 || !strings.Contains(heard.sent["/clinflow"], `"exit_code":1`) || token == "" {
		t.Errorf("%d traces, and %q", n, heard.sent["/clinflow"])
	}
}

// fetched is what a server answers to who has a token.
func fetched(t *testing.T, address, token string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
