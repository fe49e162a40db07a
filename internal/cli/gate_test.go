package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/promotion"
	"github.com/clinflow/clinflow/task"
)

// The stages below stand for training and prediction: an adapter is a text that says how
// well it predicts, and its predictions are as good as that, wherever it comes from.
func init() {
	predicted := stages.Output{Kind: task.KindPredictions, Tables: []string{task.TablePredictions}}
	stages.RegisterSource(stages.Spec{Name: "test.examples", Version: 1, Doc: "Labelled examples of held-out patients.", Out: predicted},
		func(_ *stages.Environment, c plantedExamples) (stages.Source, error) { return c, nil })
	stages.RegisterJob(stages.Spec{Name: "test.adapter", Version: 1, Doc: "An adapter of a quality.", Out: stages.Output{Kind: stages.KindAdapter}},
		func(_ *stages.Environment, c plantedAdapter) (stages.Job, error) { return c, nil })
	stages.RegisterJob(stages.Spec{
		Name: "test.wait", Version: 1, Doc: "Waits for a file.", Out: stages.Output{Kind: stages.KindReport},
		In: []stages.Port{{Name: "decision", Kind: promotion.KindDecision, Doc: "What it waits behind."}},
	}, func(_ *stages.Environment, c plantedWait) (stages.Job, error) { return c, nil })
	stages.RegisterJob(stages.Spec{
		Name: "test.predict", Version: 1, Doc: "Predictions as good as an adapter says.",
		In: []stages.Port{
			{Name: "examples", Kind: task.KindPredictions, Tables: predicted.Tables, Sharded: true, Doc: "Examples."},
			{Name: "adapter", Kind: stages.KindAdapter, Doc: "The adapter."},
		},
		Out: predicted,
	}, func(*stages.Environment, struct{}) (stages.Job, error) { return plantedPredictions{}, nil })
}

type plantedExamples struct {
	Patients int `json:"patients" default:"600" doc:"How many, every third of whom is positive."`
}

func (plantedExamples) Parts() int { return 1 }
func (plantedExamples) Files(context.Context, stages.Inputs) ([]stages.RawFile, error) {
	return nil, nil
}
func (plantedExamples) Scan(context.Context, stages.RawFile, *extsort.Spill) error { return nil }
func (p plantedExamples) Merge(_ context.Context, _ int, _ []extsort.Run, out *dataset.PartWriter) error {
	table, err := dataset.Rows[task.Prediction](out, task.TablePredictions)
	for i := 0; i < p.Patients && err == nil; i++ {
		row := task.Prediction{ExampleID: fmt.Sprint("zqcanary-", i), SubjectID: int64(7000000 + i), Variant: "lora", Split: "test", Logits: []float32{0, 0}}
		if i%3 == 0 {
			row.Label = 1
		}
		err = table.Write(row)
	}
	return err
}

type plantedAdapter struct {
	Task    string  `json:"task" default:"mor" doc:"Its task."`
	Quality float64 `json:"quality" doc:"How far apart its scores of positives and negatives are."`
	Seed    int     `json:"seed" default:"1" doc:"Of the noise in its scores."`
}

func (p plantedAdapter) Run(_ context.Context, _ stages.Inputs, out *dataset.Writer) error {
	if err := out.SetAttribute(task.Attribute, task.Task{Name: p.Task, Kind: task.Binary, Labels: []string{"no", "yes"}}); err != nil {
		return err
	}
	return out.WriteFile("quality", []byte(fmt.Sprint(p.Quality, " ", p.Seed)))
}

type plantedWait struct {
	File string `json:"file,omitempty" doc:"The file."`
}

// Run implements stages.Job. It leaves a file that says that it waits.
func (p plantedWait) Run(ctx context.Context, _ stages.Inputs, out *dataset.Writer) error {
	if p.File == "" {
		return nil
	}
	if err := os.WriteFile(p.File+".waiting", nil, 0o600); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if _, err := os.Stat(p.File); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ctx.Err()
}

type plantedPredictions struct{}

// Run implements stages.Job. Of an adapter without files there are no predictions.
func (plantedPredictions) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	adapter := in.One("adapter")
	of, _, err := task.Of(adapter)
	if err == nil {
		err = out.SetAttribute(task.Attribute, of)
	}
	if err != nil {
		return err
	}
	var q float64
	var seed uint64
	if len(adapter.Manifest.Files) > 0 {
		text, err := adapter.ReadFile(ctx, "quality")
		if err != nil {
			return err
		}
		_, _ = fmt.Sscan(string(text), &q, &seed)
	}
	noise := rand.New(rand.NewPCG(seed, 0))
	part := out.Part(0)
	table, err := dataset.Rows[task.Prediction](part, task.TablePredictions)
	if err != nil {
		return err
	}
	for row, err := range dataset.Read[task.Prediction](ctx, in.One("examples"), task.TablePredictions, 0) {
		if seed == 0 {
			break
		}
		row.Task, row.Logits[1] = of.Name, float32(q*float64(row.Label)+noise.NormFloat64())
		if err := errors.Join(err, table.Write(row)); err != nil {
			return err
		}
	}
	_, err = part.Close()
	return err
}

const gateDAG = `name: gate
vars: {quality: 1, seed: 1, margin: 0.05, require: not_worse, floor: 0, enforce: false, patients: 600, wait: ""}
steps:
  adapter: {stage: test.adapter, with: {quality: ${quality}, seed: ${seed}}}
  examples: {stage: test.examples, with: {patients: ${patients}}}
  predictions: {stage: test.predict, in: {examples: examples, adapter: adapter}}
  current: {stage: registry.current, in: {candidate: adapter}, with: {model: clinflow-models/mor}}
  current_predictions: {stage: test.predict, in: {examples: examples, adapter: current}}
  gate:
    stage: registry.gate
    in: {candidate: predictions, current: current_predictions, registered: current}
    with: {margin: ${margin}, require: "${require}", floor: ${floor}}
  wait: {stage: test.wait, in: {decision: gate}, with: {file: "${wait}"}}
  promote:
    stage: registry.promote
    after: wait
    in: {decision: gate, adapters: adapter}
    with: {model: clinflow-models/mor, enforce: ${enforce}}
publish: {decision.json: gate.decision.json, decision.html: gate.decision.html}
`

// gated is a folder with the DAG, which is run with settings.
type gated struct {
	t   *testing.T
	dir string
}

func newGated(t *testing.T) gated {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "gate.yaml"), gateDAG)
	return gated{t, dir}
}

func (g gated) run(code int, set string) (result, promotion.Decision) {
	g.t.Helper()
	args := []string{"run", "gate.yaml"}
	for _, s := range strings.Fields(set) {
		args = append(args, "--set", s)
	}
	r := clinflow(g.t, g.dir, code, args...)
	var d promotion.Decision
	if text, err := os.ReadFile(filepath.Join(g.dir, "clinflow-out/decision.json")); err == nil && json.Unmarshal(text, &d) != nil {
		g.t.Fatal("decision.json is no JSON")
	}
	return r, d
}

func (g gated) told() registry.Told { return shown(g.t, g.dir, "mor") }

func (g gated) want(what, set, outcome string, promotes bool) promotion.Decision {
	g.t.Helper()
	_, d := g.run(0, set)
	if d.Outcome != outcome || d.Promote != promotes {
		g.t.Errorf("%s: %s, promote %v: %v; want %s, %v", what, d.Outcome, d.Promote, d.Reasons, outcome, promotes)
	}
	return d
}

// A worse adapter is not promoted, a better one is, and one that cannot be told apart
// follows the margin.
func TestTheGate(t *testing.T) {
	g := newGated(t)
	if d := g.want("below the floor", "floor=0.99", "refused", false); d.Current != "" || !strings.Contains(d.Reasons[0], "below the floor") {
		t.Errorf("%+v", d)
	}
	g.want("the first", "", "first", true)
	first := g.told().Current.Version
	if again, d := g.run(0, ""); d.Outcome != "current" || !strings.Contains(again.stderr, "is current already") {
		t.Errorf("the run after the promotion: %s\n%s", d.Outcome, again.stderr)
	}
	if still, _ := g.run(0, ""); strings.Contains(still.stderr, "step started") || !strings.Contains(still.stderr, "step skipped") || len(g.told().History) != 2 {
		t.Errorf("the run after that: %s", still.stderr)
	}
	worse := g.want("worse", "quality=0.3", "refused", false)
	if *worse.Macro.Difference > -0.05 || worse.Current != first || g.told().Current.Version != first {
		t.Errorf("%+v", worse)
	}
	// Another seed is other noise: as good, and not to be told apart.
	alike := g.want("alike, narrow margin", "seed=2 margin=0.005", "refused", false)
	if i := alike.Macro.Interval; i.Low > 0 || i.High < 0 {
		t.Errorf("can be told apart: %+v", i)
	}
	g.want("alike, better is required", "seed=2 margin=0.2 require=better", "refused", false)
	g.want("alike, wide margin", "seed=2 margin=0.2", "not worse", true)
	second := g.told().Current.Version
	better := g.want("better", "quality=2", "better", true)
	if better.Current != second || better.Macro.Interval.Low <= 0 || math.Abs(*better.Macro.Candidate-*better.Macro.Current-*better.Macro.Difference) > 1e-12 {
		t.Errorf("%+v", better)
	}
	g.want("worse than that", "quality=1", "refused", false)
	told := g.told()
	var events []string
	for _, e := range told.History {
		events = append(events, e.Event)
	}
	if want := "refused promoted refused refused refused promoted promoted refused"; strings.Join(events, " ") != want {
		t.Errorf("%v", events)
	}
	if e := told.History[6]; e.Run == "" || e.Before != second || !strings.Contains(e.Why, "gate: better; the AUROC differs by +") {
		t.Errorf("%+v", e)
	}
	g.phi()
}

// subject is an id of test.examples.
var subject = regexp.MustCompile(`(^|[^0-9.])7000\d{3}($|[^0-9])`)

// phi: what people are shown holds no id, and adapters are nobody else's to read.
func (g gated) phi() {
	files := 0
	for _, below := range []string{"clinflow-models", "clinflow-out/decision.json", "clinflow-out/decision.html", "clinflow-out/runs"} {
		err := filepath.WalkDir(filepath.Join(g.dir, below), func(path string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				g.t.Errorf("%s has mode %o", path, info.Mode().Perm())
			}
			if entry.IsDir() || err != nil {
				return err
			}
			files++
			if text := read(g.t, path); strings.Contains(text, "canary") || subject.MatchString(text) {
				g.t.Errorf("%s holds an id", path)
			}
			return nil
		})
		if err != nil {
			g.t.Error(err)
		}
	}
	if files < 20 {
		g.t.Errorf("%d files", files)
	}
}

// A rollback holds: what was rolled back does not come back by running again, and the next
// candidate is compared with what is current then.
func TestARollbackHolds(t *testing.T) {
	g := newGated(t)
	g.run(0, "")
	first := g.told()
	g.run(0, "quality=2")
	second := g.told().Current.Version
	clinflow(t, g.dir, 0, "models", "rollback", "mor", "--why", "drifts")
	for _, set := range []string{"quality=2", "quality=2"} {
		g.run(0, set)
		if now := g.told().Current; now.Version != first.Current.Version || now.Event != "rolled back" {
			t.Errorf("after another run %+v", now)
		}
	}
	if r := clinflow(t, g.dir, 0, "run", "gate.yaml", "--set", "quality=2", "--force", "gate"); g.told().Current.Version != first.Current.Version {
		t.Errorf("forced: %s", r.stderr)
	}
	if d := g.want("the next", "quality=3", "better", true); d.Current != first.Current.Version {
		t.Errorf("compared with %s, want %s; %s was rolled back", d.Current, first.Current.Version, second)
	}
}

// A refusal is a good run that says so; where it is to stop a schedule it ends with 3.
func TestARefusalOfARun(t *testing.T) {
	g := newGated(t)
	g.run(0, "")
	if r, _ := g.run(0, "quality=0.3"); !strings.Contains(r.stderr, "not promoted: the AUROC differs by -") {
		t.Error(r.stderr)
	}
	for range 2 {
		if r, _ := g.run(3, "quality=0.3 enforce=true"); !strings.Contains(r.stderr, "step promote: not promoted: the AUROC") {
			t.Error(r.stderr)
		}
	}
	if h := g.told().History; len(h) != 2 || h[1].Event != "refused" {
		t.Errorf("%+v", h)
	}
	// Nothing can be said of few patients; of some, a difference this size is told.
	if _, d := g.run(0, "seed=2 patients=4"); d.Promote || !strings.Contains(strings.Join(d.Reasons, " "), "interval") {
		t.Errorf("%+v", d)
	}
}

// Two runs compare with the same current version and promote: one does. The other is told
// to run again, and compares with the first then. A step that was killed when the registry
// had changed, and its own output was not there yet, changes nothing.
func TestTwoRunsPromote(t *testing.T) {
	g := newGated(t)
	g.run(0, "")
	late := command(t, g.dir, "run", "gate.yaml", "--out", "late", "--set", "quality=3", "--set", "wait=go")
	var said bytes.Buffer
	late.Stderr = &said
	if err := late.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(g.dir, "go.waiting"))
	g.run(0, "quality=2")
	winner := g.told()
	write(t, filepath.Join(g.dir, "go"), "")
	if err := late.Wait(); late.ProcessState.ExitCode() != 4 || !strings.Contains(said.String(), "somebody promoted or rolled back meanwhile; run again") {
		t.Errorf("%v: %s", err, said.String())
	}
	if now := g.told(); now.Current.ID != winner.Current.ID || len(now.History) != 2 || len(now.Versions) != 2 {
		t.Errorf("%+v", now)
	}
	steps, _ := filepath.Glob(filepath.Join(g.dir, "clinflow-out/steps/promote-*"))
	for _, step := range steps {
		if err := os.RemoveAll(step); err != nil {
			t.Fatal(err)
		}
	}
	g.run(0, "quality=2")
	if now := g.told(); now.Current.ID != winner.Current.ID || len(now.History) != 2 || len(steps) != 2 {
		t.Errorf("after a kill: %+v", now)
	}
	clinflow(t, g.dir, 0, "run", "gate.yaml", "--out", "late", "--set", "quality=3", "--set", "wait=go")
	if now := g.told(); now.Current.Before != winner.Current.Version || len(now.History) != 3 {
		t.Errorf("the late run again: %+v", now.Current)
	}
}

// waitFor waits until a file is there.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatalf("%s did not come", path)
}

// What the gate decides on is what is promoted: lint says where it is not.
func TestLintOfAGate(t *testing.T) {
	g := newGated(t)
	for _, c := range []struct{ old, new, says string }{
		{"adapters: adapter}", "adapters: other}", "steps.promote.in.adapters: other is not what gate decides on"},
		{"{model: clinflow-models/mor, enforce", "{model: clinflow-models/los, enforce", "steps.promote.with.model: is another than that of current"},
		{"registered: current}", "registered: adapter}", "adapter is of test.adapter; bind a step of registry.current"},
		{"in: {candidate: adapter}", "in: {candidate: other}", "current stands against other, of which there are no predictions"},
	} {
		text := strings.Replace(gateDAG, c.old, c.new, 1)
		text = strings.Replace(text, "  predictions:", "  other: {stage: test.adapter, with: {quality: 1}}\n  predictions:", 1)
		write(t, filepath.Join(g.dir, "wrong.yaml"), text)
		if r := clinflow(t, g.dir, 2, "lint", "wrong.yaml"); !strings.Contains(r.stderr, c.says) {
			t.Errorf("%s: %s", c.new, r.stderr)
		}
	}
	clinflow(t, g.dir, 0, "lint", "gate.yaml")
}

// docs/promotion.md's steps have no fault in the DAG that they are from, and its commands do
// what they say.
func TestTheDocumentOfPromotion(t *testing.T) {
	document := read(t, "../../docs/promotion.md")
	_, steps, _ := strings.Cut(document, "```yaml\n")
	steps, _, _ = strings.Cut(steps, "```")
	shipped := read(t, "../../dags/retrain.yaml")
	before, rest, _ := strings.Cut(shipped, "  # The adapter in use, asked")
	_, published, _ := strings.Cut(rest, "publish:\n")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "retrain.yaml"), before+steps+"publish:\n"+published)
	clinflow(t, dir, 0, "lint", "--no-inputs", "retrain.yaml")

	g := gated{t, dir}
	write(t, filepath.Join(dir, "gate.yaml"), strings.ReplaceAll(gateDAG, "clinflow-models/mor", "clinflow-models/mortality"))
	g.run(0, "")
	g.run(0, "quality=2")
	ran := 0
	for line := range strings.Lines(document) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "./clinflow ")
		if !ok || strings.HasPrefix(rest, "run retrain") {
			continue
		}
		command, why, quoted := strings.Cut(rest, ` "`)
		args := strings.Fields(command)
		if quoted {
			args = append(args, strings.TrimSuffix(why, `"`))
		}
		for i, word := range args {
			if strings.HasSuffix(word, "FINGERPRINT") {
				args[i] = plantAdapter(t, "mor", "by hand")
			}
		}
		if r := clinflow(t, dir, 0, args...); r.stdout == "" {
			t.Errorf("%v says nothing", args)
		}
		ran++
	}
	if told := shown(t, dir, "mortality"); ran != 6 || len(told.History) != 4 || told.Current.Why != "trained by hand" || len(told.Versions) != 3 {
		t.Errorf("%d commands: %+v", ran, told)
	}
}
