// Package subgroups holds the stage that measures predictions in groups of patients, and
// tells who the patients are.
package subgroups

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// Kind is the kind of what eval.subgroups leaves.
const Kind = "subgroups"

const portPatients = "patients"

func init() {
	splits := split.Port
	splits.Optional = true
	splits.Doc = "Who is trained on, validated on and tested on, to tell who they are (table 1)."
	stages.RegisterReduce(stages.Spec{
		Name:    "eval.subgroups",
		Version: 3,
		Doc: "Measures each variant on each task in groups of patients: by sex, age, insurance, race, first care unit and year group (of the anchor year; MIMIC-III has none). " +
			"Of each group it tells examples, patients, positives, the AUROC with its interval by a bootstrap over patients, and how well its probabilities are calibrated. " +
			"Groups with fewer than ten patients are not told, nor those that would give them away. " +
			"With a split it also tells who the patients of train, val and test are, by their first admission there. " +
			"Writes subgroups.json.",
		In: []stages.Port{
			{Name: predictions.PortVariants, Kind: task.KindPredictions, Tables: []string{task.TablePredictions}, Sharded: true, Many: true, Doc: "Predictions of the variants; each variant and task in one dataset only."},
			{Name: portPatients, Kind: mimic.KindPatients, Tables: []string{mimic.TablePatients, mimic.TableAdmissions, mimic.TableICUStays, mimic.TableNotes}, Sharded: true, Doc: "The patients that the predictions were made from. Notes are read, their ids alone, where predictions are of notes."},
			splits,
		},
		Out: stages.Output{Kind: Kind},
	}, newStage)
}

// Config configures eval.subgroups.
type Config struct {
	Split  string `json:"split" default:"test" enum:"train,val,test" doc:"Split that is measured."`
	Recipe string `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"Which AUROC of a task counts where it has two, as for eval.auroc."`
	eval.Bootstrap
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether groups of one to nine patients are told, and counts of one to nine."`
}

// stage is eval.auroc, asked of each group.
type stage struct {
	config   Config
	measures auroc.Measures
	memory   *memory.Budget
}

func newStage(env *stages.Environment, c Config) (stages.Reduce, error) {
	return stage{c, auroc.MeasuresOf(c.Recipe), env.Memory}, nil
}

func (s stage) selection() predictions.Selection { return predictions.Selection{Split: s.config.Split} }

// Measured implements eval.Measuring.
func (s stage) Measured() eval.Measured {
	return eval.Measured{Split: s.config.Split, Recipe: s.config.Recipe}
}

func (s stage) shows() bool { return s.config.SmallCells == smallcell.Show }

// Accumulate says where the examples of each key lie, and counts a part's patients.
func (s stage) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	if err := s.selection().Accumulate(ctx, in, part, emit); err != nil || in.One(split.Port.Name) == nil {
		return err
	}
	t, err := cohortsIn(ctx, in, part)
	if err != nil {
		return err
	}
	text, err := json.Marshal(t)
	emit(table1Key, text)
	return err
}

// Merge measures the groups of a key: its scores are read, measured and let go here.
func (s stage) Merge(ctx context.Context, in stages.Inputs, key string, accumulators [][]byte) ([]byte, error) {
	if key == table1Key {
		sum, err := sumCohorts(accumulators)
		if err != nil {
			return nil, err
		}
		return json.Marshal(sum.tell(s.shows()))
	}
	e, err := s.selection().ExamplesOf(predictions.ParseKey(key), in, accumulators)
	if err != nil {
		return nil, err
	}
	if e.N == 0 { // there are examples of val alone
		return json.Marshal(ofTask{})
	}
	members, list, err := membersOf(ctx, e, in.One(portPatients))
	if err != nil {
		return nil, err
	}
	groups := groupsOf(members, list)
	if err := s.measureGroups(ctx, e, members, groups); err != nil {
		return nil, err
	}
	all := []Attribute{}
	for a, name := range Attributes {
		var of []*grouped
		for _, g := range groups {
			if g.attribute == a {
				of = append(of, g)
			}
		}
		if len(of) > 0 {
			all = append(all, told(name, members, of, !e.MultiLabel && e.Classes > 2, s.shows()))
		}
	}
	return json.Marshal(ofTask{N: e.N, Attributes: all})
}

// Finish writes subgroups.json.
func (s stage) Finish(_ context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	tasks, err := predictions.TasksOf(in)
	if err != nil {
		return err
	}
	byVariant := map[string]map[string]ofTask{}
	all := Result{Split: s.config.Split, Interval: s.config.Settings(), Variants: map[string]map[string][]Attribute{}}
	for _, keyed := range results {
		if keyed.Key == table1Key {
			if err := json.Unmarshal(keyed.Value, &all.Table1); err != nil {
				return fmt.Errorf("read a table of patients: %w", err)
			}
			continue
		}
		key, of := predictions.ParseKey(keyed.Key), ofTask{}
		if err := json.Unmarshal(keyed.Value, &of); err != nil {
			return fmt.Errorf("read groups of patients: %w", err)
		}
		if of.N == 0 {
			continue
		}
		if byVariant[key.Variant] == nil {
			byVariant[key.Variant] = map[string]ofTask{}
		}
		byVariant[key.Variant][key.Task] = of
	}
	for variant, of := range byVariant {
		if !s.shows() {
			hideAcross(of, tasks)
		}
		all.Variants[variant] = map[string][]Attribute{}
		for name, t := range of {
			all.Variants[variant][name] = t.Attributes
			for _, a := range t.Attributes {
				out.Count("groups", int64(len(a.Groups)))
				out.Count("groups_hidden", int64(len(a.Hidden)))
			}
		}
	}
	if len(all.Variants) == 0 {
		return s.selection().None()
	}
	if !s.shows() {
		all.Table1.hideApart(s.config.Split, byVariant)
	}
	return eval.WriteJSON(out, FileName, all)
}
