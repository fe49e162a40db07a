package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/runners"
)

// states are those of the steps in a plan for people, as "left will run", without the
// steps that are done.
func pending(t testing.TB, dir string, args ...string) string {
	t.Helper()
	plan := clinflow(t, dir, 0, append([]string{"plan", "kite.yaml"}, args...)...).stdout
	var left []string
	for line := range strings.Lines(plan) {
		if words := strings.Fields(line); strings.HasPrefix(line, "  will run ") {
			left = append(left, words[2])
		}
	}
	return strings.Join(left, " ")
}

// TestAfterAForcedStepAllIsStale, in the run that forces it and in all after it, though the
// step leaves the same bytes; however the run that forced it was chosen, and ended.
func TestAfterAForcedStepAllIsStale(t *testing.T) {
	for _, c := range []struct{ forced, ran, left string }{
		{"--force top", "end left right top", ""},
		{"--force top --until top", "top", "left right end"},
		{"top --only --force top", "top", "left right end"},
		{"left --force root", "left root top", "right end"},
		{"--force left,right", "end left right", ""},
		{"--force end --force alone", "alone end", ""},
		{"--until left --force-all", "left root top", "right end"},
		{"--force-all", "alone end left right root top", ""},
	} {
		dir := kiteFolder(t)
		clinflow(t, dir, 0, "run", "kite.yaml")
		clinflow(t, dir, 0, append([]string{"run", "kite.yaml"}, strings.Fields(c.forced)...)...)
		if got := ran(t, dir); got != c.ran {
			t.Errorf("%s: ran %s, want %s", c.forced, got, c.ran)
		}
		if got := pending(t, dir); got != c.left {
			t.Errorf("%s: then %q are to run, want %q", c.forced, got, c.left)
		}
		if c.left == "" {
			continue
		}
		last := c.left[strings.LastIndexByte(c.left, ' ')+1:]
		if r := clinflow(t, dir, 2, "run", "kite.yaml", last, "--only"); !strings.Contains(r.stderr, " it is needed and its output is not there: upstream step") {
			t.Errorf("%s: then %s alone: %s", c.forced, last, r.stderr)
		}
		if plan := clinflow(t, dir, 0, "plan", "kite.yaml", "--json").stdout; !strings.Contains(plan, " forced since") || !strings.Contains(plan, `"state": "stale"`) {
			t.Errorf("%s: the plan says\n%s", c.forced, plan)
		}
		clinflow(t, dir, 0, "run", "kite.yaml")
		if got := pending(t, dir); got != "" || stepsOfLast(t, filepath.Join(dir, "clinflow-out"), "done") == "" {
			t.Errorf("%s: after the next run %q are to run", c.forced, got)
		}
	}
}

// TestForcedAndKilled: a run is killed in the forced step, or in one after it. What a later
// run has to do is what an undisturbed one had.
func TestForcedAndKilled(t *testing.T) {
	for _, c := range []struct{ waits, left, ran string }{
		{"root", "root top left right end", "end left right root top"},
		{"top", "top left right end", "end left right top"},
		{"end", "end", "end"},
	} {
		dir := kiteFolder(t)
		clinflow(t, dir, 0, "run", "kite.yaml")
		cmd := command(t, dir, "run", "kite.yaml", "--force", "root")
		cmd.Env = append(cmd.Env, kiteWaits+"="+c.waits)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		untilThere(t, filepath.Join(dir, "reached"))
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		if got := pending(t, dir); got != c.left {
			t.Errorf("killed in %s, %q are to run, want %q", c.waits, got, c.left)
		}
		clinflow(t, dir, 0, "run", "kite.yaml")
		if got := ran(t, dir); got != c.ran {
			t.Errorf("killed in %s, %s ran, want %s", c.waits, got, c.ran)
		}
		if got := pending(t, dir); got != "" {
			t.Errorf("killed in %s, in the end %q are to run", c.waits, got)
		}
	}
}

func untilThere(t testing.TB, path string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not appear", path)
		}
	}
}

// TestAForcedRunThatIsInterrupted says to go on without what is forced, for what is left of
// that is known; one that is refused before it begins says to go on with it.
func TestAForcedRunThatIsInterrupted(t *testing.T) {
	dir := kiteFolder(t)
	clinflow(t, dir, 0, "run", "kite.yaml")
	refused := clinflow(t, dir, 2, "run", "kite.yaml", "end", "--only", "--force", "end", "--set", "left=another")
	if way := wayOn(t, refused); way != "clinflow run kite.yaml end --only --force end --set left=another" {
		t.Errorf("refused, to go on: %s", way)
	}
	if got := pending(t, dir); got != "" {
		t.Errorf("after a refused run %q are to run", got)
	}
	cmd := command(t, dir, "run", "--force", "root", "kite.yaml", "--force=alone", "--out", "clinflow-out")
	cmd.Env = append(cmd.Env, kiteWaits+"=left")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	untilThere(t, filepath.Join(dir, "reached"))
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait() // interrupted
	way := wayOn(t, result{stderr: stderr.String()})
	if way != "clinflow run kite.yaml --out clinflow-out" || cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("interrupted, to go on: %s", way)
	}
	if typeIn(t, dir, way).code != 0 || !strings.Contains(ran(t, dir), "end left") || strings.Contains(ran(t, dir), "root") {
		t.Errorf("typed, %s ran", ran(t, dir))
	}
}

func TestCommandsWithoutForce(t *testing.T) {
	for words, want := range map[string]string{
		"run --force root kite.yaml --force=alone --out o": "run kite.yaml --out o",
		"run kite.yaml --force-all left --only":            "run kite.yaml left --only",
		"run kite.yaml --until left --force":               "run kite.yaml --until left",
	} {
		if got := strings.Join(unforced(strings.Fields(words)), " "); got != want {
			t.Errorf("%s goes on by %s", words, got)
		}
	}
}

// TestAccepted: an output stands for a step whose setting changed, until something else
// changes, and plan, journal and runs say so.
func TestAccepted(t *testing.T) {
	dir := kiteFolder(t)
	out := filepath.Join(dir, "clinflow-out")
	clinflow(t, dir, 0, "run", "kite.yaml")
	changed := []string{"kite.yaml", "--set", "left=other"}
	with := func(command string, more ...string) []string {
		return append(append([]string{command}, changed...), more...)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{with("accept"), "STEP is missing: a step as `clinflow plan DAG` names it"},
		{with("accept", "lft"), "unknown step lft; did you mean left?"},
		{with("accept", "end"), "step end: cannot be accepted: what it needs is not there: upstream step left will run; accept or run that first"},
	} {
		if r := clinflow(t, dir, 2, c.args...); !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: no %q in %s", c.args, c.want, r.stderr)
		}
	}
	r := clinflow(t, dir, 0, with("accept", "left", "end")...)
	if !strings.Contains(r.stdout, "left: accepted left-") || !strings.Contains(r.stdout, `(with.word: "left" → "other")`) || !strings.Contains(r.stdout, "end: is current already") {
		t.Errorf("accepting said %s", r.stdout)
	}
	if list := clinflow(t, dir, 0, "runs", "list").stdout; !strings.Contains(list, "accepted") {
		t.Errorf("runs list: %s", list)
	}
	if got := pending(t, dir, changed[1:]...); got != "" {
		t.Errorf("%q are to run though accepted", got)
	}
	plan := clinflow(t, dir, 0, with("plan")...).stdout
	if !strings.Contains(plan, "  accepted  left  ") || !strings.Contains(plan, `: with.word: "left" → "other"`) {
		t.Errorf("the plan: %s", plan)
	}
	if picture := clinflow(t, dir, 0, with("plan", "--svg")...).stdout; !strings.Contains(picture, `class="node accepted"`) || !strings.Contains(picture, "1 accepted, 1 done") {
		t.Error("the picture does not show what was accepted")
	}
	clinflow(t, dir, 0, with("run")...)
	show := clinflow(t, dir, 0, "runs", "show").stdout
	if stepsOfLast(t, out, "accepted") != "left" || ran(t, dir) != "" || !strings.Contains(show, `: with.word: "left" → "other"`) {
		t.Errorf("runs show: %s", show)
	}
	if again := clinflow(t, dir, 0, with("accept", "left")...).stdout; again != "left: is current already; nothing to accept\n" {
		t.Errorf("accepted again: %s", again)
	}

	changed = append(changed, "--set", "top=new") // something else
	if got := pending(t, dir, changed[1:]...); got != "top left right end" {
		t.Errorf("after another change %q are to run", got)
	}
	changed = changed[:3]
	clinflow(t, dir, 0, with("run", "--force", "left")...) // made after all
	if got := ran(t, dir); got != "end left" {
		t.Errorf("forced, %s ran", got)
	}
	if plan := clinflow(t, dir, 0, with("plan")...).stdout; strings.Contains(plan, "accepted") {
		t.Errorf("what was made is told as accepted: %s", plan)
	}
}

// TestAcceptedAfterAForcedStep: what is after a forced step can be kept.
func TestAcceptedAfterAForcedStep(t *testing.T) {
	dir := kiteFolder(t)
	clinflow(t, dir, 0, "run", "kite.yaml")
	clinflow(t, dir, 0, "run", "kite.yaml", "root", "--force", "root")
	clinflow(t, dir, 0, "accept", "kite.yaml", "top", "left")
	if got := pending(t, dir); got != "right end" {
		t.Errorf("%q are to run", got)
	}
	clinflow(t, dir, 0, "run", "kite.yaml", "right", "--force", "root") // they are stale again
	if got := ran(t, dir); got != "right root top" {
		t.Errorf("%q ran", got)
	}
	if got := pending(t, dir); got != "left end" {
		t.Errorf("then %q are to run", got)
	}
}

// TestWhatCannotBeAccepted: nothing that the steps after it could not read.
func TestWhatCannotBeAccepted(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), strings.Replace(smallDAG, "shards: 2", "shards: ${n}", 1)+"vars: {n: 2}\n")
	clinflow(t, dir, 0, "run", "small.yaml", "mimic")
	if r := clinflow(t, dir, 2, "accept", "small.yaml", "patients"); !strings.Contains(r.stderr, "it has no output that could be accepted; run it") {
		t.Errorf("of a step that never ran: %s", r.stderr)
	}
	clinflow(t, dir, 0, "run", "small.yaml", "patients")
	if r := clinflow(t, dir, 2, "accept", "small.yaml", "patients", "--set", "n=3"); !strings.Contains(r.stderr, "it has 2 parts, not 3; run it") {
		t.Errorf("of other parts: %s", r.stderr)
	}
	if runs, err := runners.ListRuns(t.Context(), filepath.Join(dir, "clinflow-out")); err != nil || len(runs) != 2 {
		t.Errorf("what was refused is in %d journals, %v", len(runs), err)
	}
}

// TestControlInABucket is what a user types with a bucket for a folder.
func TestControlInABucket(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	gstest.New(t)
	dir, out := kiteFolder(t), gstest.URI("out")
	clinflow(t, dir, 0, "run", "kite.yaml", "--out", out)
	clinflow(t, dir, 0, "run", "kite.yaml", "top", "--only", "--force", "top", "--out", out)
	if got := pending(t, dir, "--out", out); got != "left right end" {
		t.Errorf("%q are to run", got)
	}
	clinflow(t, dir, 0, "accept", "kite.yaml", "left", "right", "--out", out)
	clinflow(t, dir, 0, "run", "kite.yaml", "--out", out)
	if got, accepted := stepsOfLast(t, out, "done"), stepsOfLast(t, out, "accepted"); got != "end" || accepted != "left right" {
		t.Errorf("%q ran, %q were accepted", got, accepted)
	}
	if got := pending(t, dir, "--out", out); got != "" {
		t.Errorf("in the end %q are to run", got)
	}
}

// A damaged output is said to be which step's, and --force makes it anew.
func TestADamagedOutputIsMadeAnewByForce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), smallDAG)
	clinflow(t, dir, 0, "run", "small.yaml", "--out", "out")
	part := filepath.Join(stepFolder(t, filepath.Join(dir, "out"), "patients"), "patients", "part-00001-of-00002.parquet")
	write(t, part, read(t, part)+"\n")
	if err := os.RemoveAll(stepFolder(t, filepath.Join(dir, "out"), "split")); err != nil {
		t.Fatal(err)
	}
	told := clinflow(t, dir, 3, "run", "small.yaml", "--out", "out").stderr
	if !strings.Contains(told, "is damaged") || !strings.Contains(told, "--force patients makes it anew") {
		t.Errorf("a damaged output is told as\n%s", told)
	}
	clinflow(t, dir, 0, "run", "small.yaml", "--out", "out", "--force", "patients")
	clinflow(t, dir, 0, "verify", "out")
}
