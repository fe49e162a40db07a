//go:build slow

package cli

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/clinflow/clinflow/internal/page/pagetest"
	"github.com/clinflow/clinflow/runners"
)

// sameHost wants that pages asked for nothing but what is at an address.
func sameHost(t *testing.T, b *pagetest.Browser, address string) {
	t.Helper()
	asked := b.Asked()
	for _, other := range asked {
		if !strings.HasPrefix(other, address) && other != "about:blank" {
			t.Errorf("the page asked for %s", other)
		}
	}
	if !slices.Contains(asked, address+"style.css") {
		t.Errorf("nothing was seen of what the page asks for: %v", asked)
	}
}

// slowly lets a process work for moments and holds it between them, for longer than a page
// takes to renew itself, so that a page sees a run of a second too. It does so until it is
// told to stop, or the process is gone.
func slowly(run *exec.Cmd) (stop func()) {
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			time.Sleep(100 * time.Millisecond)
			if run.Process.Signal(syscall.SIGSTOP) != nil {
				return
			}
			select {
			case <-stopped:
				_ = run.Process.Signal(syscall.SIGCONT)
				return
			case <-time.After(1500 * time.Millisecond):
				_ = run.Process.Signal(syscall.SIGCONT)
			}
		}
	}()
	return sync.OnceFunc(func() { close(stopped); <-done })
}

// follow runs a DAG while the page of its run is open, and returns what the page said
// and the states of the boxes of its picture, each once, in order.
func follow(t *testing.T, b *pagetest.Browser, run *exec.Cmd, address, out string) (said, states []string) {
	t.Helper()
	b.Visit(t, address)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	faster := slowly(run)
	defer faster()
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	const link = `document.querySelector("#running a")?.href ?? ""`
	deadline := time.Now().Add(time.Minute)
	page := ""
	for page == "" && time.Now().Before(deadline) {
		page = pagetest.Eval[string](t, b, link) // the page is not loaded anew
		time.Sleep(50 * time.Millisecond)
	}
	if page == "" {
		t.Fatal("the page does not show the run that is at work")
	}
	b.Visit(t, page)
	pagetest.Eval[bool](t, b, "window.stays = true")
	for time.Now().Before(deadline) {
		now := pagetest.Eval[[]string](t, b, `[document.querySelector("#top .lede").textContent, [...document.querySelectorAll("#picture .node")].map((n) => n.querySelector("text").textContent + ":" + n.classList[1]).join()]`)
		if !slices.Contains(said, now[0]) {
			said = append(said, now[0])
			b.Shoot(t, "at-work-"+string('0'+rune(len(said))))
		}
		if !slices.Contains(states, now[1]) {
			states = append(states, now[1])
		}
		if !strings.Contains(now[0], runners.Running) {
			break
		}
		if len(said) > 1 && len(states) > 1 {
			faster()
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !pagetest.Eval[bool](t, b, "window.stays === true") {
		t.Error("the page was loaded anew")
	}
	return said, states
}

// killed kills a run that a page shows, and wants the page to say so.
func killed(t *testing.T, b *pagetest.Browser, run *exec.Cmd) {
	t.Helper()
	page := pagetest.Eval[string](t, b, "document.querySelector('.way a').href")
	b.Visit(t, page)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer slowly(run)()
	until := func(what string) {
		for deadline := time.Now().Add(30 * time.Second); !strings.Contains(pagetest.Eval[string](t, b, `document.querySelector("#runs tbody tr").textContent`), what); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the page does not say that a run is %s", what)
			}
		}
	}
	until(runners.Running)
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	until(runners.OutcomeInterrupted)
}

// scheduled lets a scheduler come and go, and wants a page to say when a DAG is due next
// and whether anybody sees to it.
func scheduled(t *testing.T, b *pagetest.Browser, address string, scheduler *exec.Cmd) {
	t.Helper()
	b.Visit(t, address)
	if err := scheduler.Start(); err != nil {
		t.Fatal(err)
	}
	until := func(good func(row string) bool, what string) {
		for deadline := time.Now().Add(30 * time.Second); !good(pagetest.Eval[string](t, b, `[...document.querySelectorAll("#dags tbody tr")].find((r) => r.textContent.startsWith("watched"))?.textContent ?? ""`)); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the page does not say that %s", what)
			}
		}
	}
	until(func(row string) bool { return strings.Contains(row, "next ") && !strings.Contains(row, "no scheduler") }, "the DAG is seen to")
	if err := scheduler.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = scheduler.Wait()
	until(func(row string) bool { return strings.Contains(row, "no scheduler is at work") }, "no scheduler is at work")
}

// TestSlowRunIsWatched: a run is watched from its start to its end, on a page that is
// looked at in all forms and asks for nothing from elsewhere; a killed run is not at work.
func TestSlowRunIsWatched(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "demo", "--scale", "tiny", "--out", "demo")
	write(t, filepath.Join(dir, "watched.yaml"), watchedDAG)
	address := showing(t, dir, "--out", "demo", "--out", "out", "--dags", "watched.yaml", "--dags", "demo")
	b := pagetest.Open(t)
	said, states := follow(t, b, command(t, dir, "run", "watched.yaml", "--out", "out", "--workers", "1"), address, filepath.Join(dir, "out"))
	t.Logf("%d sentences, %d pictures: %q", len(said), len(states), said)
	if len(said) < 3 || len(states) < 3 || !strings.Contains(said[len(said)-1], "done 5 steps") || !strings.Contains(states[len(states)-1], "patients:done") {
		t.Errorf("the page said %q and showed %q", said, states)
	}
	killed(t, b, command(t, dir, "run", "watched.yaml", "--out", "out", "--force-all"))
	scheduled(t, b, address, command(t, dir, "schedule", "run", "watched.yaml", "--out", "out"))
	runs, err := runners.ListRuns(t.Context(), filepath.Join(dir, "demo"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("home", func(t *testing.T) { b.Look(t, address, "top", "dags", "runs") })
	t.Run("run", func(t *testing.T) {
		b.Look(t, address+"runs/1/"+runs[0].ID, "top", "facts", "picture", "timeline", "steps")
	})
	t.Run("dag", func(t *testing.T) { b.Look(t, address+"dags/1/demo", "top", "facts", "measures-auroc", "runs") })
	t.Run("report", func(t *testing.T) {
		b.Look(t, address+"runs/1/"+runs[0].ID+"/reports/report.html", "results", "run")
	})
	sameHost(t, b, address)
}

// watchedDAG takes a second or more.
const watchedDAG = `
name: watched
schedule: {cron: "0 3 * * SUN", timezone: Europe/Berlin}
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 6000}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 8}}
  split: {stage: split.hash, in: {patients: patients}}
  labels: {stage: label.mortality, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
`

// TestSlowTokenIsAskedFor: without the token a browser sees nothing, with it all.
func TestSlowTokenIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "made.yaml"), "name: made\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n")
	clinflow(t, dir, 0, "run", "made.yaml", "--out", "out")
	address := showing(t, dir, "--out", "out", "--token-file", "token")
	token := strings.TrimSpace(read(t, dir, "token"))
	b := pagetest.Open(t)
	t.Run("login", func(t *testing.T) { b.Look(t, address, "login") })
	type_ := func(token string) string {
		b.Visit(t, address)
		pagetest.Eval[bool](t, b, `document.querySelector("#token").value = `+"`"+token+"`"+`, document.querySelector("form").submit(), true`)
		time.Sleep(3 * time.Second)
		return pagetest.Eval[string](t, b, "document.body.innerText")
	}
	if text := type_("not the token at all"); !strings.Contains(text, "That is not the token.") || strings.Contains(text, "made") {
		t.Errorf("with a wrong token the page is %q", text)
	}
	if text := type_(token); !strings.Contains(text, "No run is at work. The last, of made") {
		t.Errorf("with the token the page is %q", text)
	}
	sameHost(t, b, address)
}
