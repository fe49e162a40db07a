package promotion

import (
	"bytes"
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/compare"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/task"
)

// KindDecision is the kind of what registry.gate leaves.
const KindDecision = "decision"

// The files of a decision.
const (
	DecisionName = registry.DecisionName
	PageName     = "decision.html"
)

const (
	portRegistered = "registered"
	portAdapter    = "adapter" // of train.predict
)

// level is that of the intervals.
const level = inference.Level

func init() {
	table := []string{task.TablePredictions}
	stages.RegisterJob(stages.Spec{
		Name:    "registry.gate",
		Version: 1,
		Doc: "Decides whether a new adapter is to take the place of the current one, by their predictions of the same held-out patients. " +
			"The difference of their AUROCs, of several tasks that of the means over tasks, has an interval of a bootstrap over patients. The candidate passes where the whole interval lies above the margin, so that it is not worse by more than that (non-inferiority), or above zero where better is required. " +
			"Where there is no current adapter it passes if it is not below the floor. Predictions of other examples on one side than on the other are refused; whom an adapter was trained on, train.predict does not let it be tested on. " +
			"Writes decision.json and decision.html. That the candidate is refused fails no run: registry.promote acts on it.",
		In: []stages.Port{
			{Name: predictions.PortCandidate, Kind: task.KindPredictions, Tables: table, Many: true, Doc: "Predictions of the new adapter; one dataset a task."},
			{Name: predictions.PortCurrent, Kind: task.KindPredictions, Tables: table, Many: true, Doc: "Predictions of what registry.current left, on the same examples; one dataset a task."},
			{Name: portRegistered, Kind: stages.KindAdapter, Many: true, Doc: "What registry.current left; one a task."},
		},
		Out: stages.Output{Kind: KindDecision},
	}, func(env *stages.Environment, c GateConfig) (stages.Job, error) { return gate{env, c}, nil })
}

// What a gate requires.
const (
	requireNotWorse = "not_worse"
	requireBetter   = "better"
)

// GateConfig configures registry.gate, and is the rule that a decision tells.
type GateConfig struct {
	Split      string       `json:"split" default:"test" enum:"val,test" doc:"Split that is compared on."`
	Recipe     string       `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"Which AUROC of a task counts where it has two, as in eval.auroc."`
	Require    string       `json:"require" default:"not_worse" enum:"not_worse,better" doc:"not_worse: the interval of the difference must lie above -margin. better: it must lie above zero."`
	Margin     float64      `json:"margin" default:"0.01" min:"0" max:"1" doc:"By how much the AUROC may be lower, in the mean over tasks. A candidate that cannot be told from the current adapter passes if there are patients enough to tell a difference of this size."`
	Tasks      []TaskMargin `json:"tasks,omitempty" doc:"Margins of single tasks, beside that of the mean: the interval of each must lie above its own."`
	Floor      float64      `json:"floor" default:"0" min:"0" max:"1" doc:"Least AUROC of a candidate, in the mean over tasks; below it none passes, the first one included."`
	Replicates int          `json:"replicates" default:"1000" min:"100" max:"100000" doc:"Bootstrap replicates over patients that the interval comes from."`
	Seed       int64        `json:"seed" default:"1" doc:"Seed of the replicates, as in eval.auroc."`
	SmallCells string       `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether counts of one to nine are told. Hidden, figures have two digits or one where a task has so few positives, negatives or examples of a class, or so few more examples than another, and numbers of patients are not told; what is decided is decided by all digits."`
}

// TaskMargin is the margin of one task.
type TaskMargin struct {
	Task   string  `json:"task" name:"true" doc:"Name of the task, such as mor."`
	Margin float64 `json:"margin" min:"0" max:"1" doc:"By how much its AUROC may be lower."`
}

func (c GateConfig) bootstrap() eval.Bootstrap {
	return eval.Bootstrap{Replicates: c.Replicates, Seed: c.Seed}
}

type gate struct {
	env    *stages.Environment
	config GateConfig
}

// Run implements stages.Job.
func (g gate) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	version, states, err := standings(in)
	if err != nil {
		return err
	}
	adapters, err := judged(in)
	if err != nil {
		return err
	}
	same := map[string]bool{}
	for name, state := range states {
		if state == stateCandidate {
			same[name] = true
		}
	}
	c := g.config
	duel := compare.Duel{Split: c.Split, Recipe: c.Recipe, Bootstrap: c.bootstrap(), Memory: g.env.Memory, Same: same}
	outcomes, err := duel.Of(ctx, stages.Inputs{predictions.PortCandidate: in[predictions.PortCandidate], predictions.PortCurrent: in[predictions.PortCurrent]})
	if err != nil {
		return err
	}
	if err := c.complete(outcomes, states); err != nil {
		return err
	}
	d, err := c.decide(outcomes, same)
	if err != nil {
		return err
	}
	d.Current, d.Adapters = version, adapters
	d.UnknownTraining.Candidate, d.UnknownTraining.Current = unknown(in[predictions.PortCandidate]), unknown(in[predictions.PortCurrent])
	var html bytes.Buffer
	if err := pageTemplate.Execute(&html, shown{d}); err != nil {
		return err
	}
	if err := eval.WriteJSON(out, DecisionName, d); err != nil {
		return err
	}
	return out.WriteFile(PageName, html.Bytes())
}

// complete refuses tasks of which one side has no predictions though it has an adapter.
func (c GateConfig) complete(o compare.Outcomes, states map[string]string) error {
	for name := range o.Tasks {
		if states[name] == "" {
			return exit.Errorf(exit.Usage, "%s: there is nothing of task %s; bind what registry.current leaves of it", portRegistered, name)
		}
	}
	for name, state := range states {
		if of, ok := o.Tasks[name]; !ok || state == stateCurrent && of.Current == nil && of.Candidate != nil {
			return exit.Errorf(exit.Usage, "task %s: there are not predictions of both adapters on split %s; predict the same labels with both", name, c.Split)
		}
	}
	return nil
}

// standings are the current version and, by task, the states that registry.current found.
func standings(in stages.Inputs) (version string, states map[string]string, err error) {
	states = map[string]string{}
	for i, d := range in[portRegistered] {
		var s standing
		told, err := d.Attribute(registryAttribute, &s)
		if err == nil && !told {
			err = exit.Errorf(exit.Usage, "%s: %s is not what registry.current left", portRegistered, d.URI())
		}
		name, failed := taskOf(d)
		switch {
		case err != nil:
			return "", nil, err
		case failed != nil:
			return "", nil, failed
		case i > 0 && s.Version != version:
			return "", nil, exit.Errorf(exit.Retry, "%s: the adapters are of the versions %s and %s: somebody promoted or rolled back between them; run again", portRegistered, version, s.Version)
		}
		version, states[name] = s.Version, s.State
	}
	return version, states, nil
}

// judged are the digests of the adapters that the candidate's predictions are of, by task.
// The current ones must be of what is registered.
func judged(in stages.Inputs) (map[string]string, error) {
	of := func(d *dataset.Dataset) (string, string, error) {
		t, told, err := task.Of(d)
		if err == nil && (!told || d.Manifest.Inputs[portAdapter] == "") {
			err = exit.Errorf(exit.Usage, "the manifest of %s does not tell of which adapter and task these predictions are; make them by train.predict", d.URI())
		}
		return t.Name, d.Manifest.Inputs[portAdapter], err
	}
	adapters := map[string]string{}
	for _, d := range in[predictions.PortCandidate] {
		name, digest, err := of(d)
		if err != nil {
			return nil, err
		}
		adapters[name] = digest
	}
	for _, d := range in[predictions.PortCurrent] {
		_, digest, err := of(d)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(in[portRegistered], func(r *dataset.Dataset) bool { return r.Manifest.Digest() == digest }) {
			return nil, exit.Errorf(exit.Usage, "%s: %s are not predictions of an adapter of the port %s; predict with what registry.current leaves", predictions.PortCurrent, d.URI(), portRegistered)
		}
	}
	return adapters, nil
}

// unknown is how many models and adapters under predictions have no record of whom they
// were trained on.
func unknown(all []*dataset.Dataset) (n int64) {
	for _, d := range all {
		n += d.Manifest.Counts["unknown_training_patients"]
	}
	return n
}
