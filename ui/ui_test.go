package ui

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
	_ "github.com/clinflow/clinflow/internal/store/gs" // gs:// is known where it is linked
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/builtin"
)

// made is the id of a run in a folder of tests.
const made = "20260102-030405.000-abcd"

// folderWith makes an output folder with a run that published two files.
func folderWith(t *testing.T, report string) string {
	t.Helper()
	out := t.TempDir()
	fill(t, out, report)
	return out
}

// fill writes the journal and the files of a run.
func fill(t *testing.T, out, report string) {
	t.Helper()
	dir, err := store.Open(out)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	write := func(name, text string) {
		file, err := dir.Create(t.Context(), name)
		must(err)
		_, err = file.Write([]byte(text))
		must(errors.Join(err, file.Commit()))
	}
	published := func(name, text string) string {
		write(name, text)
		return fmt.Sprintf(`{"time":"2026-01-02T03:04:07Z","event":"published","file":%q,"sha256":"%x"}`, name, sha256.Sum256([]byte(text)))
	}
	journal := []string{
		`{"time":"2026-01-02T03:04:05Z","event":"run started","dag":"made","file":"made.yaml","steps":[{"step":"a","stage":"x"},{"step":"b_<script>","stage":"y","needs":["a"]}]}`,
		`{"time":"2026-01-02T03:04:05Z","event":"step started","step":"a","stage":"x","fingerprint":"0123456789abcdef","reasons":["never ran"]}`,
		`{"time":"2026-01-02T03:04:07Z","event":"step done","step":"a","stage":"x","seconds":2,"counts":{"kept":"<10"}}`,
		`{"time":"2026-01-02T03:04:07Z","event":"step failed","step":"b_<script>","stage":"y","seconds":0.1,"error":"row 7 is <b>wrong</b>"}`,
		published("report.html", report), published("metrics.json", "{}"),
		`{"time":"2026-01-02T03:04:08Z","event":"run ended","outcome":"failed","seconds":3,"error":"row 7 is <b>wrong</b>"}`,
	}
	write("secret.html", "secret")
	write("runs/other", "") // makes the folder
	log, err := store.StartLog(t.Context(), dir, "runs/"+made+".jsonl")
	must(err)
	for _, line := range journal {
		must(log.Append([]byte(line + "\n")))
	}
	must(log.Close())
}

// TestAFolderInABucket: it is read as one of this machine is.
func TestAFolderInABucket(t *testing.T) {
	gstest.New(t)
	fill(t, gstest.URI("out"), "the page")
	h := serve(t, Options{Out: []string{gstest.URI("out")}})
	for path, want := range map[string]string{"/": `data-live="5000"`, "/runs/1/" + made: "In b_&lt;script&gt;; 1 of 2 steps are over.", "/runs/1/" + made + "/reports/report.html": "the page"} {
		if w := ask(h, "GET", path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d without %q", path, w.Code, want)
		}
	}
}

func serve(t *testing.T, o Options) http.Handler {
	t.Helper()
	o.Env = stages.Default
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8090"
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

// ask sends a request as a browser of this machine does, unless changed.
func ask(h http.Handler, method, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:8090"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// TestPagesTellOfARun: what the journal tells, escaped, in pages that may load nothing
// from elsewhere.
func TestPagesTellOfARun(t *testing.T) {
	h := serve(t, Options{Out: []string{folderWith(t, "page")}, DAGs: []string{"demo"}})
	for path, wants := range map[string][]string{
		"/":               {"No run is at work. The last, of made", "1 of 2", "failed", "demo (shipped)", `href="/runs/1/` + made + `"`},
		"/runs/1/" + made: {"b_&lt;script&gt;", "row 7 is &lt;b&gt;wrong&lt;/b&gt;", "kept &lt; 10", `class="dag"`, "the timeline of the run", "/reports/report.html"},
		"/dags/1/made":    {"made.yaml", "by hand", `class="node failed"`},
	} {
		w := ask(h, "GET", path)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, w.Code)
		}
		for _, want := range wants {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %q", path, want)
			}
		}
		for _, other := range []string{"<script>", "<b>wrong", `href="http`, `src="` + "http", "url(", "secret"} {
			if strings.Contains(w.Body.String(), other) {
				t.Errorf("%s: %q", path, other)
			}
		}
		if p := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; style-src 'self';") || strings.Contains(p, "script-src 'unsafe") {
			t.Errorf("%s: policy %q", path, p)
		}
		if again := ask(h, "GET", path, header("If-None-Match", w.Header().Get("ETag"))); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s, unchanged: %d with %d bytes", path, again.Code, again.Body.Len())
		}
	}
}

// TestOnlyPublishedReportsAreServed: no other file is, by no way of writing its name.
func TestOnlyPublishedReportsAreServed(t *testing.T) {
	out := folderWith(t, "the page")
	h := serve(t, Options{Out: []string{out}})
	reports := "/runs/1/" + made + "/reports/"
	w := ask(h, "GET", reports+"report.html")
	if w.Code != http.StatusOK || w.Body.String() != "the page" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox allow-scripts") {
		t.Errorf("a report: %d, %q, %v", w.Code, w.Body, w.Header())
	}
	for _, name := range []string{
		reports + "metrics.json", reports + "secret.html", reports + "..%2fsecret.html", reports + "%2e%2e/report.html", reports + "runs/" + made + ".jsonl",
		reports + "/etc/passwd", reports + "", reports + "report.html%00", "/runs/1/..%2f..%2fsecret/reports/report.html", "/runs/2/" + made, "/runs/0/" + made,
		"/runs/1/" + made[:8], "/dags/1/other", "/steps/", "/secret.html", "/metrics", "/debug/pprof/", "/favicon.ico",
	} {
		if w := ask(h, "GET", name); w.Code == http.StatusOK || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d, %q", name, w.Code, w.Body)
		}
	}
	if err := os.WriteFile(filepath.Join(out, "report.html"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := ask(h, "GET", reports+"report.html"); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "another\n") {
		t.Errorf("a file that the run did not publish: %d, %q", w.Code, w.Body)
	}
	err := errors.Join(os.Remove(filepath.Join(out, "report.html")), os.Symlink("/etc/hostname", filepath.Join(out, "report.html")))
	if w := ask(h, "GET", reports+"report.html"); err != nil || w.Code == http.StatusOK {
		t.Errorf("a link: %d, %v", w.Code, err)
	}
}

// TestNothingIsChanged: no method but reading is known.
func TestNothingIsChanged(t *testing.T) {
	h := serve(t, Options{Out: []string{folderWith(t, "page")}})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		for _, path := range []string{"/", "/runs/1/" + made, "/style.css"} {
			if w := ask(h, method, path); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

// TestAFolderThatIsNotThereYet: a run that begins shows.
func TestAFolderThatIsNotThereYet(t *testing.T) {
	h := serve(t, Options{Out: []string{filepath.Join(t.TempDir(), "later")}})
	if w := ask(h, "GET", "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "There is no run yet.") {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
}

// TestAFolderThatCannotBeRead: it is told, and hides no other folder.
func TestAFolderThatCannotBeRead(t *testing.T) {
	whole, noRuns, noSchedule := folderWith(t, "page"), t.TempDir(), folderWith(t, "page")
	for _, name := range []string{filepath.Join(noRuns, "runs"), filepath.Join(noSchedule, "schedule")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := serve(t, Options{Out: []string{noRuns, noSchedule, whole}, Metrics: true})
	w := ask(h, "GET", "/")
	for _, text := range []string{noRuns + " cannot be read: ", "the schedules of " + noSchedule + " cannot be read: ", "/runs/2/" + made, "/runs/3/" + made} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
			t.Errorf("no %s: %d, %s", text, w.Code, w.Body)
		}
	}
	path := ""
	for _, part := range strings.Split(w.Body.String(), `"`) {
		if strings.HasPrefix(part, "/dags/3/") {
			path = part
		}
	}
	if w := ask(h, "GET", path); w.Code != http.StatusOK {
		t.Errorf("the page of a DAG of a folder that can be read, %q: %d, %s", path, w.Code, w.Body)
	}
	if w := ask(h, "GET", "/dags/2/made"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "the schedules of "+noSchedule+" cannot be read: ") || !strings.Contains(w.Body.String(), made) {
		t.Errorf("the page of a DAG of a folder whose schedules cannot be read: %d, %s", w.Code, w.Body)
	}
}

// TestDAGFilesInAFolder: those that a scheduler would read, whatever the folder is called,
// and the ones with faults though there is no DAG.
func TestDAGFilesInAFolder(t *testing.T) {
	folder, out := filepath.Join(t.TempDir(), "my [dags"), filepath.Join(t.TempDir(), "later")
	bad := filepath.Join(folder, "bad.yaml")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(bad, []byte("name: ["), 0o600)); err != nil {
		t.Fatal(err)
	}
	h := serve(t, Options{Out: []string{out}, DAGs: []string{folder}})
	if w := ask(h, "GET", "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), bad+" cannot be read") {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
	const weekly = "name: weekly\nschedule: {cron: \"0 3 * * SUN\"}\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n"
	if err := os.WriteFile(filepath.Join(folder, "weekly.yml"), []byte(weekly), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := ask(h, "GET", "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "0 3 * * SUN") || !strings.Contains(w.Body.String(), bad+" cannot be read") {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
}

// TestADamagedJournal: it is told, and hides no other run.
func TestADamagedJournal(t *testing.T) {
	out := folderWith(t, "page")
	if err := os.WriteFile(filepath.Join(out, "runs", "20260103-030405.000-abcd.jsonl"), []byte("{]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := serve(t, Options{Out: []string{out}})
	w := ask(h, "GET", "/")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), ">damaged<") || !strings.Contains(w.Body.String(), made) {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
	if w := ask(h, "GET", "/runs/1/20260103-030405.000-abcd"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "the journal is damaged") {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
}
