package runners

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

var (
	anyRun   = regexp.MustCompile(`\d{8}-\d{6}\.\d{3}-[0-9a-f]{4}`)
	anyTime  = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T[0-9:]+Z`)
	anyTook  = regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`)
	anyPrint = regexp.MustCompile(`\b[0-9a-f]{16}\b`)
	anyCount = regexp.MustCompile(`kept=<?\d+`)
	anySide  = regexp.MustCompile(`: (left|right),`) // one of two goes first
	spaces   = regexp.MustCompile(` {2,}`)
)

// settled takes from a text what differs from run to run.
func settled(text string) string {
	for _, r := range []struct {
		any *regexp.Regexp
		by  string
	}{{anyRun, "RUN"}, {anyTime, "TIME"}, {anyTook, "1s"}, {anyPrint, "PRINT"}, {spaces, "  "}} {
		text = r.any.ReplaceAllString(text, r.by)
	}
	return text
}

func TestRunsAreToldAsTheyWere(t *testing.T) {
	out := t.TempDir()
	o := Options{Out: out, Workers: 1, Runner: "direct", Revision: "abc", ShowSmallCells: true}
	f := &fake{text: map[string]string{"top": "t", "left": "l", "right": "rr", "end": "e"}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, o); err != nil {
		t.Fatal(err)
	}
	f.text["left"] = "longer"
	if err := Execute(t.Context(), stages.Default, parse(t, map[string]string{"left": "z"}), f, o); err != nil {
		t.Fatal(err)
	}
	runs, err := ListRuns(t.Context(), out)
	if err != nil || len(runs) != 2 {
		t.Fatal(runs, err)
	}
	var text strings.Builder
	if err := WriteRuns(&text, runs); err != nil {
		t.Fatal(err)
	}
	const list = `RUN  DAG  STATE  TOOK  STEPS
RUN  diamond  done  1s  2 done, 2 skipped
RUN  diamond  done  1s  4 done
`
	if diff := cmp.Diff(list, settled(text.String())); diff != "" {
		t.Error(diff)
	}

	text.Reset()
	last, err := FindRun(t.Context(), out, "last")
	if err != nil {
		t.Fatal(err)
	}
	if err := last.Write(&text); err != nil {
		t.Fatal(err)
	}
	shown := settled(text.String())
	for _, want := range []string{
		"state  done\n", "dag  diamond (diamond.yaml)\n", "runner  direct\nrevision  abc\npublished plots/left.txt\n",
		"left  done  1s  PRINT  with.word: \"a\" → \"z\"  kept=6\n",
		"right  skipped  -  PRINT  its output is there: same stage, configuration and inputs  kept=2\n",
		"end  done  1s  PRINT  input from[0]: changed  kept=1\n",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}

	text.Reset()
	if err := WriteDiff(t.Context(), &text, out, runs[1], runs[0]); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"RUN (done) and RUN (done)\n", "  same  top  done → skipped\n",
		"  differs  left  with.word: \"a\" → \"z\"; kept 1 → 6; 1s → 1s\n",
		"  differs  end  input from[0]: changed; 1s → 1s\n",
	} {
		if !strings.Contains(settled(text.String()), want) {
			t.Errorf("%q is not in\n%s", want, settled(text.String()))
		}
	}
}

// TestAnInterruptedRunIsCompared: of a step that was cut off the journal tells why it
// was to run.
func TestAnInterruptedRunIsCompared(t *testing.T) {
	out := t.TempDir()
	o := Options{Out: out, Workers: 1}
	ctx, cancel := context.WithCancel(t.Context())
	cut := &fake{before: map[string]func(context.Context) error{"left": func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	}}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, o); err != nil {
		t.Fatal(err)
	}
	if err := Execute(ctx, stages.Default, parse(t, map[string]string{"left": "z"}), cut, o); exit.Of(err) != exit.Interrupted {
		t.Fatalf("exit %d, %v", exit.Of(err), err)
	}
	runs, err := ListRuns(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := WriteDiff(t.Context(), &text, out, runs[1], runs[0]); err != nil {
		t.Fatal(err)
	}
	want := "  differs  left  with.word: \"a\" → \"z\"; done → cancelled\n"
	if !strings.Contains(settled(text.String()), want) {
		t.Errorf("%q is not in\n%s", want, settled(text.String()))
	}
}

func TestFindRun(t *testing.T) {
	out := t.TempDir()
	for range 2 {
		if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 2}); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := ListRuns(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := FindRun(t.Context(), out, runs[1].ID); err != nil || got.ID != runs[1].ID {
		t.Errorf("by id: %s, %v", got.ID, err)
	}
	for _, id := range []string{"2", "x"} {
		if _, err := FindRun(t.Context(), out, id); exit.Of(err) != exit.Usage {
			t.Errorf("%q: %v", id, err)
		}
	}
	if none, err := ListRuns(t.Context(), filepath.Join(out, "nowhere")); exit.Of(err) != exit.Usage || len(none) != 0 {
		t.Errorf("a folder that is not there: %v, %v", none, err)
	}
}

func TestJournalOfAKilledRun(t *testing.T) {
	out := t.TempDir()
	if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(out, "runs", "*.jsonl"))
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := range text { // wherever the last write was cut off, the rest is read
		if err := os.WriteFile(files[0], text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if runs, err := ListRuns(t.Context(), out); err != nil || runs[0].State != OutcomeInterrupted {
			t.Fatalf("cut at %d: %+v, %v", cut, runs, err)
		}
	}
	if err := os.WriteFile(files[0], append([]byte("{]\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	another := filepath.Join(filepath.Dir(files[0]), "20200101-000000.000-abcd"+journalSuffix)
	if err := os.WriteFile(another, text, 0o600); err != nil {
		t.Fatal(err)
	}
	runs, err := ListRuns(t.Context(), out)
	if err != nil || len(runs) != 2 || runs[0].State != Damaged || runs[1].State != OutcomeDone {
		t.Errorf("beside a damaged journal: %+v, %v", runs, err)
	}
	if err := Broken(runs); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), ".jsonl:1: ") {
		t.Errorf("a damaged line: %v", err)
	}
	if _, err := FindRun(t.Context(), out, "last"); exit.Of(err) != exit.BadData {
		t.Errorf("the damaged run: %v", err)
	}
	if r, err := FindRun(t.Context(), out, "2020"); err != nil || r.State != OutcomeDone {
		t.Errorf("the other run: %+v, %v", r, err)
	}
}

// TestTheJournalHidesSmallCells: counts of one to nine stand neither in the journal
// nor in what is told of it, unless that was asked for.
func TestTheJournalHidesSmallCells(t *testing.T) {
	for _, show := range []bool{false, true} {
		o := Options{Out: t.TempDir(), Workers: 1, Runner: "direct", ShowSmallCells: show}
		f := &fake{text: map[string]string{"top": "t", "left": strings.Repeat("l", 10), "right": "rr", "end": "e"}}
		if err := Execute(t.Context(), stages.Default, parse(t, nil), f, o); err != nil {
			t.Fatal(err)
		}
		run, err := FindRun(t.Context(), o.Out, "last")
		if err != nil {
			t.Fatal(err)
		}
		journal, err := os.ReadFile(filepath.Join(o.Out, runsFolder, run.ID+journalSuffix))
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := run.Write(&text); err != nil {
			t.Fatal(err)
		}
		for in, told := range map[string]string{string(journal): `"kept":2}`, text.String(): "kept=2\n"} {
			if strings.Contains(in, told) != show {
				t.Errorf("show %v: %q in %s", show, told, in)
			}
		}
		for in, hidden := range map[string]string{string(journal): `"kept":"<10"}`, text.String(): "kept=<10\n"} {
			if strings.Contains(in, hidden) == show {
				t.Errorf("show %v: %q in %s", show, hidden, in)
			}
		}
		if !strings.Contains(string(journal), `"kept":10}`) || !strings.Contains(text.String(), "kept=10\n") {
			t.Errorf("ten is not told: %s", text.String())
		}
	}
}
