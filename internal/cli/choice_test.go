package cli

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestWhatIsChosenRuns types choices one after the other into one output folder.
func TestWhatIsChosenRuns(t *testing.T) {
	dir := kiteFolder(t)
	for _, c := range []struct {
		typed string
		code  int
		ran   string // of a run that ended well
		says  string // on standard error
	}{
		{"--until root", 0, "root", ""},
		{"left alone --only", 2, "", "step top: it is needed and its output is not there: never ran\n"},
		{"top --only", 0, "top", ""},
		{"--downstream left --until left", 0, "left", ""},
		{"--downstream left --only", 2, "", "step right: it is needed and its output is not there: never ran\nwith --only the run does not make what it needs: run it first, or leave out --only\n"},
		{"right --only --force root", 2, "", "--force root: this run has no such step"},
		{"right alone", 0, "alone right", ""},
		{"end --only", 0, "end", ""},
		{"end --only --set top=other", 2, "", `step top: it is needed and its output is not there: with.word: "top" → "other"`},
		{"--until left --downstream alone", 2, "", "no step is left: none of alone is needed by left"},
		{"lefd --force endd --until tpo --downstream rigt", 2, "", "did you mean left?"},
		{"", 0, "", ""},
		{"--only left --force-all", 0, "left", ""},
		{"--until left --force-all", 0, "left root top", ""},
	} {
		r := clinflow(t, dir, c.code, append([]string{"run", "kite.yaml"}, strings.Fields(c.typed)...)...)
		if !strings.Contains(r.stderr, c.says) {
			t.Errorf("%s: no %q in\n%s", c.typed, c.says, r.stderr)
		}
		if c.code == 0 || strings.Contains(r.stderr, "it is needed") { // nothing runs then
			if got := ran(t, dir); got != c.ran {
				t.Errorf("%s: ran %q, want %q", c.typed, got, c.ran)
			}
		}
	}
	if text := read(t, filepath.Join(dir, "clinflow-out", "answer.txt")); text != "root\ntop\nleft\nroot\ntop\nright\nend\n" {
		t.Errorf("published %q", text)
	}
}

// TestAPlanOfAChoice: of what --only leaves out the plan says that the run would fail.
func TestAPlanOfAChoice(t *testing.T) {
	dir := kiteFolder(t)
	clinflow(t, dir, 0, "run", "kite.yaml", "top")
	plan := clinflow(t, dir, 0, "plan", "kite.yaml", "end", "--only").stdout
	for _, want := range []string{
		"1 of 1 steps will run\nthe run would fail: it needs 2 steps that --only leaves out and that are not there\n",
		"  missing   left  ", "  missing   right  ", "  done      top  ",
		"groups, each in the state of its worst step:\n  missing  ${side}  2 missing\n",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("no %q in\n%s", want, plan)
		}
	}
	if forced := clinflow(t, dir, 0, "plan", "kite.yaml", "top", "--force", "root").stdout; !strings.Contains(forced, "2 of 2 steps will run") || !strings.Contains(forced, "  forced\n") {
		t.Errorf("the plan of a forced step: %s", forced)
	}
}

// TestAPlanForPrograms: the shape is the one that the documentation tells.
func TestAPlanForPrograms(t *testing.T) {
	dir := kiteFolder(t)
	clinflow(t, dir, 0, "run", "kite.yaml")
	r := clinflow(t, dir, 0, "plan", "kite.yaml", "--set", "left=other", "--json")
	var plan struct {
		Shape   int
		DAG     string
		State   string
		Chosen  int
		WillRun int `json:"will_run"`
		Steps   []struct {
			Step, Group, Stage, State, Fingerprint, Output string
			Runs, Given                                    bool
			Inputs, After, Why                             []string
			Changes                                        []struct{ Part, What, Before, Now string }
		}
		Groups []struct {
			Group, State string
			Steps        []string
			States       map[string]int
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &plan); err != nil || r.stderr != "" {
		t.Fatal(err, r.all())
	}
	if plan.Shape != 1 || plan.DAG != "kite" || plan.State != "stale" || plan.Chosen != 6 || plan.WillRun != 2 || len(plan.Steps) != 6 {
		t.Errorf("the plan is %+v", plan)
	}
	for _, s := range plan.Steps {
		want := map[string]string{"left": "stale", "end": "waiting"}[s.Step]
		if cmp.Or(want, "done") != s.State || s.Runs != (want != "") || s.Inputs == nil || s.After == nil || s.Why == nil || s.Given {
			t.Errorf("step %+v", s)
		}
		if s.State != "waiting" && s.Output != "steps/"+s.Step+"-"+s.Fingerprint {
			t.Errorf("the output of %s is %s", s.Step, s.Output)
		}
	}
	if left := plan.Steps[2]; len(left.Changes) != 1 || left.Changes[0].Part != "with.word" || left.Changes[0].Before != `"left"` || left.Changes[0].Now != `"other"` || left.Why[0] != `with.word: "left" → "other"` {
		t.Errorf("what changed of left is %+v", left)
	}
	if diff := gocmp.Diff(plan.Groups[0].States, map[string]int{"stale": 1, "done": 1}); diff != "" || plan.Groups[0].State != "stale" || plan.Groups[0].Group != "${side}" || len(plan.Groups) != 1 {
		t.Errorf("the groups are %+v", plan.Groups)
	}
	if r := clinflow(t, dir, 2, "plan", "kite.yaml", "--json", "--svg"); !strings.Contains(r.stderr, "json svg") {
		t.Errorf("two forms at once: %s", r.stderr)
	}
	for form, want := range map[string]string{"--dot": `"‹side› ×2\n1 stale, 1 done"`, "--svg": ">1 stale, 1 done<"} {
		if r := clinflow(t, dir, 0, "plan", "kite.yaml", "--set", "left=other", form); !strings.Contains(r.stdout, want) {
			t.Errorf("no %s in %s", want, r.stdout)
		}
	}
}

func TestChoicesAreCompleted(t *testing.T) {
	dir := kiteFolder(t)
	for _, flag := range []string{"--force", "--until", "--downstream"} {
		if r := clinflow(t, dir, 0, "__complete", "run", "kite.yaml", flag, ""); !strings.HasPrefix(r.stdout, "root\ntop\nleft\nright\nend\nalone\n:") {
			t.Errorf("%s: %s", flag, r.stdout)
		}
	}
}
