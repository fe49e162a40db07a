package promotion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// side is what one side of a gate has of a task.
type side struct {
	name     string
	quality  float64 // how far apart the scores of positives and negatives are
	noise    uint64  // seed
	patients int
	positive int // every how manieth is
}

func of(name string, quality float64, noise uint64) side { return side{name, quality, noise, 300, 3} }

// rows are the predictions of a side, in which each patient comes twice.
func (s side) rows() (rows []task.Prediction) {
	random := rand.New(rand.NewPCG(s.noise, 1))
	for i := range s.patients {
		for visit := range 2 {
			row := task.Prediction{ExampleID: fmt.Sprint("zqcanary-", i, "-", visit), SubjectID: int64(i), Task: s.name, Variant: "lora", Split: "test"}
			if i%s.positive == 0 {
				row.Label = 1
			}
			row.Logits = []float32{0, float32(s.quality*float64(row.Label) + random.NormFloat64())}
			rows = append(rows, row)
		}
	}
	return rows
}

// found is what registry.current leaves of a task.
func found(t testing.TB, name string, s standing) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "current"), stages.KindAdapter, 0)
	for _, err := range []error{
		err, w.SetAttribute(task.Attribute, evaltest.TaskOf(name, 2)), w.SetAttribute(registryAttribute, s), w.WriteFile("weights", []byte(name)),
		w.Commit(t.Context(), dataset.Manifest{Stage: "registry.current", StageVersion: 1}, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := dataset.Open(t.Context(), w.URI())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// predicted are predictions that tell of which adapter they are.
func predicted(t testing.TB, parts int, s side, adapter string) *dataset.Dataset {
	rows := s.rows()
	d := evaltest.PredictionsOf(t, parts, evaltest.TaskOf(s.name, 2), rows)
	d.Manifest.Inputs = map[string]string{portAdapter: adapter}
	return d
}

// inputs are those of a gate: sides of the candidate, and of the current adapter, which has
// states of the tasks that it has no predictions of.
func inputs(t testing.TB, parts int, candidate, current []side, states map[string]string) stages.Inputs {
	t.Helper()
	in := stages.Inputs{}
	for _, s := range candidate {
		in["candidate"] = append(in["candidate"], predicted(t, parts, s, strings.Repeat("a", 64)))
	}
	for _, s := range current {
		from := found(t, s.name, standing{stateCurrent, "0007-aaaa"})
		in["registered"] = append(in["registered"], from)
		in["current"] = append(in["current"], predicted(t, parts, s, from.Manifest.Digest()))
	}
	for name, state := range states {
		from := found(t, name, standing{state, "0007-aaaa"})
		empty := evaltest.PredictionsOf(t, parts, evaltest.TaskOf(name, 2), nil)
		empty.Manifest.Inputs = map[string]string{portAdapter: from.Manifest.Digest()}
		in["registered"], in["current"] = append(in["registered"], from), append(in["current"], empty)
	}
	return in
}

func decided(t testing.TB, config string, in stages.Inputs) Decision {
	t.Helper()
	return evaltest.Read[Decision](t, stagetest.Run(t, "registry.gate", config, in), DecisionName)
}

func TestGateOfTasks(t *testing.T) {
	good, fair := of("mor", 1.5, 1), of("mor", 1, 1)
	low, high := of("pmv", 1, 2), of("pmv", 1.15, 2)
	for name, c := range map[string]struct {
		candidate, current []side
		states             map[string]string
		config, outcome    string
	}{
		"better on one, a little worse on another":    {[]side{good, low}, []side{fair, high}, nil, "{}", OutcomeBetter},
		"and that one has a margin":                   {[]side{good, low}, []side{fair, high}, nil, "{tasks: [{task: pmv, margin: 0.02}]}", OutcomeRefused},
		"a margin of its own that is wide":            {[]side{good, low}, []side{fair, high}, nil, "{tasks: [{task: pmv, margin: 0.2}]}", OutcomeBetter},
		"a margin of the one that is better":          {[]side{good, low}, []side{fair, high}, nil, "{tasks: [{task: mor, margin: 0}]}", OutcomeBetter},
		"a new task beside one that is better":        {[]side{good, low}, []side{fair}, map[string]string{"pmv": stateNone}, "{}", OutcomeBetter},
		"a new task beside one that is worse":         {[]side{fair, high}, []side{good}, map[string]string{"pmv": stateNone}, "{}", OutcomeRefused},
		"the other task's adapter is the current one": {[]side{good, low}, []side{fair}, map[string]string{"pmv": stateCandidate}, "{}", OutcomeBetter},
		"none is new":                                   {[]side{good, low}, nil, map[string]string{"pmv": stateCandidate, "mor": stateCandidate}, "{}", OutcomeCurrent},
		"none is current":                               {[]side{good, low}, nil, map[string]string{"pmv": stateNone, "mor": stateNone}, "{floor: 0.6}", OutcomeFirst},
		"the first, below the floor":                    {[]side{good, low}, nil, map[string]string{"pmv": stateNone, "mor": stateNone}, "{floor: 0.95}", OutcomeRefused},
		"better, below the floor":                       {[]side{good}, []side{fair}, nil, "{floor: 0.95}", OutcomeRefused},
		"the same predictions, not worse":               {[]side{good}, []side{good}, nil, "{}", OutcomeNotWorse},
		"the same predictions, no margin":               {[]side{good}, []side{good}, nil, "{margin: 0}", OutcomeRefused},
		"the same predictions, better is required":      {[]side{good}, []side{good}, nil, "{require: better}", OutcomeRefused},
		"better, and better is required":                {[]side{good}, []side{fair}, nil, "{require: better}", OutcomeBetter},
		"no AUROC":                                      {[]side{{"mor", 1, 1, 30, 1}}, []side{{"mor", 2, 1, 30, 1}}, nil, "{margin: 1}", OutcomeRefused},
		"one patient on a side":                         {[]side{{"mor", 9, 1, 8, 99}}, []side{{"mor", -9, 1, 8, 99}}, nil, "{margin: 0.9}", OutcomeRefused},
		"few patients, and a margin that allows it all": {[]side{{"mor", -9, 1, 8, 99}}, []side{{"mor", 9, 1, 8, 99}}, nil, "{margin: 1}", OutcomeRefused},
	} {
		d := decided(t, c.config, inputs(t, 2, c.candidate, c.current, c.states))
		if promotes := c.outcome != OutcomeRefused && c.outcome != OutcomeCurrent; d.Outcome != c.outcome || d.Promote != promotes || len(d.Reasons) == 0 {
			t.Errorf("%s: %s, promote %v: %v", name, d.Outcome, d.Promote, d.Reasons)
		}
		if d.Current != "0007-aaaa" || len(d.Adapters) != len(c.candidate) || len(d.Tasks) != len(c.candidate) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// A task whose adapter is the current one differs by nothing, as if it were compared with
// itself: the mean over two differs by half of what the other does.
func TestGateOfATaskThatStays(t *testing.T) {
	good, fair, other := of("mor", 1.5, 1), of("mor", 1, 1), of("pmv", 1, 2)
	alone := decided(t, "{}", inputs(t, 1, []side{good}, []side{fair}, nil))
	both := decided(t, "{}", inputs(t, 1, []side{good, other}, []side{fair}, map[string]string{"pmv": stateCandidate}))
	explicit := decided(t, "{}", inputs(t, 1, []side{good, other}, []side{fair, other}, nil))
	for what, v := range map[string][2]float64{
		"difference": {*both.Macro.Difference, *alone.Macro.Difference / 2},
		"low":        {both.Macro.Interval.Low, explicit.Macro.Interval.Low},
		"high":       {both.Macro.Interval.High, explicit.Macro.Interval.High},
	} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, v[0], v[1])
		}
	}
	if diff := cmp.Diff(explicit.Tasks, both.Tasks); diff != "" || both.Macro.Tasks != 2 {
		t.Error(diff)
	}
}

// Neither parts nor the order of what is bound show; nor does what is hidden decide.
func TestGateDecidesByItsInputs(t *testing.T) {
	candidate, current := []side{of("mor", 1.2, 1), of("pmv", 1, 2)}, []side{of("mor", 1, 3), of("pmv", 1.1, 4)}
	one := evaltest.File(t, stagetest.Run(t, "registry.gate", "{}", inputs(t, 1, candidate, current, nil)), DecisionName)
	in := inputs(t, 3, []side{candidate[1], candidate[0]}, []side{current[1], current[0]}, nil)
	if diff := cmp.Diff(one, evaltest.File(t, stagetest.Run(t, "registry.gate", "{}", in), DecisionName)); diff != "" {
		t.Error(diff)
	}
	few, before := []side{{"mor", 2, 1, 60, 8}}, []side{{"mor", 1, 1, 60, 8}}
	hidden, all := decided(t, "{margin: 0.3}", inputs(t, 1, few, before, nil)), decided(t, "{margin: 0.3, small_cells: show}", inputs(t, 1, few, before, nil))
	if hidden.Outcome != all.Outcome || hidden.Macro.SmallCells || all.Macro.SmallCells {
		t.Errorf("16 examples are on a side: %+v, %+v", hidden, all)
	}
	few[0].positive, before[0].positive = 20, 20
	hidden, all = decided(t, "{margin: 0.3}", inputs(t, 1, few, before, nil)), decided(t, "{margin: 0.3, small_cells: show}", inputs(t, 1, few, before, nil))
	if hidden.Outcome != all.Outcome || !hidden.Macro.SmallCells || all.Macro.SmallCells {
		t.Errorf("six examples are on a side: %+v, %+v", hidden.Macro, all.Macro)
	}
	for _, v := range []float64{*hidden.Macro.Candidate, *hidden.Macro.Difference, hidden.Macro.Interval.Low, hidden.Tasks["mor"].Interval.High} {
		if math.Abs(v-math.Round(100*v)/100) > 1e-12 {
			t.Errorf("%v has more than two digits", v)
		}
	}
	if all.Macro.Patients != 60 {
		t.Errorf("%v patients", all.Macro.Patients)
	}
}

func TestGateRefuses(t *testing.T) {
	some, better := of("mor", 1, 1), of("mor", 1.5, 1)
	for name, c := range map[string]struct {
		change func(in stages.Inputs)
		config string
		code   exit.Code
		says   string
	}{
		"of no adapter":       {func(in stages.Inputs) { in["candidate"][0].Manifest.Inputs = nil }, "{}", exit.Usage, "does not tell of which adapter"},
		"of another adapter":  {func(in stages.Inputs) { in["current"][0].Manifest.Inputs[portAdapter] = "b" }, "{}", exit.Usage, "not predictions of an adapter of the port registered"},
		"no registry.current": {func(in stages.Inputs) { delete(in["registered"][0].Manifest.Attributes, registryAttribute) }, "{}", exit.Usage, "not what registry.current left"},
		"two versions": {func(in stages.Inputs) {
			in["registered"] = append(in["registered"], found(t, "pmv", standing{stateNone, "0008-bbbb"}))
		}, "{}", exit.Retry, "somebody promoted or rolled back between them"},
		"a task that is nowhere": {func(stages.Inputs) {}, "{tasks: [{task: moe, margin: 0.1}]}", exit.Usage, "did you mean mor?"},
		"a task of one side": {func(in stages.Inputs) {
			in["candidate"] = append(in["candidate"], predicted(t, 1, of("pmv", 1, 1), "c"))
		}, "{}", exit.Usage, "there is nothing of task pmv"},
		"no prediction of a side": {func(in stages.Inputs) { in["current"] = nil }, "{}", exit.Usage, "there are not predictions of both"},
		"another split":           {func(stages.Inputs) {}, "{split: val}", exit.BadData, "no example of split val"},
		"other examples": {func(in stages.Inputs) {
			digest := in["registered"][0].Manifest.Digest()
			in["current"][0] = predicted(t, 1, side{"mor", 1, 1, 299, 3}, digest)
		}, "{}", exit.BadData, "the candidate adapter"},
		"few replicates": {func(stages.Inputs) {}, "{replicates: 10}", exit.Usage, "replicates"},
	} {
		in := inputs(t, 1, []side{better}, []side{some}, nil)
		c.change(in)
		_, err := stagetest.Try(t, "registry.gate", c.config, in)
		if exit.Of(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The page stands alone and has what the decision has.
func TestPage(t *testing.T) {
	out := stagetest.Run(t, "registry.gate", "{floor: 0.5, tasks: [{task: pmv, margin: 0.02}]}", inputs(t, 1, []side{of("mor", 1.5, 1), of("pmv", 1, 2)}, []side{of("mor", 1, 1), of("pmv", 1.15, 2)}, nil))
	html := evaltest.File(t, out, PageName)
	for _, want := range []string{"Refused", "The AUROC of task pmv differs by -", "mean over tasks", "0007-aaaa", "-0.010", "-0.020", "1000 replicates", "below an AUROC of 0.5", "≥ 10"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, other := range []string{"<script", "<link", " src=", " href=", "canary", "<no value>"} {
		if strings.Contains(html, other) {
			t.Errorf("the page has %q", other)
		}
	}
}
