package eval

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// KindSubgroups is the kind of what eval.subgroups leaves.
const KindSubgroups = "subgroups"

const portPatients = "patients"

func init() {
	splits := split.Port
	splits.Optional = true
	splits.Doc = "Who is trained on, validated on and tested on, to tell who they are (table 1)."
	stages.RegisterReduce(stages.Spec{
		Name:    "eval.subgroups",
		Version: 1,
		Doc: "Measures each variant on each task in groups of patients: by sex, age, insurance, race, first care unit and year group (of the anchor year; MIMIC-III has none). " +
			"Of each group it tells examples, patients, positives, the AUROC with its interval by a bootstrap over patients, and how well its probabilities are calibrated. " +
			"Groups with fewer than ten patients are not told, nor those that would give them away. " +
			"With a split it also tells who the patients of train, val and test are, by their first admission there. " +
			"Writes subgroups.json.",
		In: []stages.Port{
			{Name: portVariants, Kind: task.KindPredictions, Tables: []string{task.TablePredictions}, Sharded: true, Many: true, Doc: "Predictions of the variants; each variant and task in one dataset only."},
			{Name: portPatients, Kind: mimic.KindPatients, Tables: []string{mimic.TablePatients, mimic.TableAdmissions, mimic.TableICUStays, mimic.TableNotes}, Sharded: true, Doc: "The patients that the predictions were made from. Notes are read, their ids alone, where predictions are of notes."},
			splits,
		},
		Out: stages.Output{Kind: KindSubgroups},
	}, newSubgroups)
}

// SubgroupsConfig configures eval.subgroups.
type SubgroupsConfig struct {
	Split  string `json:"split" default:"test" enum:"train,val,test" doc:"Split that is measured."`
	Recipe string `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"Which AUROC of a task counts where it has two, as for eval.auroc."`
	Bootstrap
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether groups of one to nine patients are told, and counts of one to nine."`
}

// subgroupStage is eval.auroc, asked of each group.
type subgroupStage struct {
	config   SubgroupsConfig
	measures auroc.Measures
	memory   *memory.Budget
}

func newSubgroups(env *stages.Environment, c SubgroupsConfig) (stages.Reduce, error) {
	return subgroupStage{c, auroc.MeasuresOf(c.Recipe), env.Memory}, nil
}

func (s subgroupStage) selection() selection { return selection{split: s.config.Split} }

func (s subgroupStage) shows() bool { return s.config.SmallCells == smallcell.Show }

// Accumulate says where the examples of each key lie, and counts a part's patients.
func (s subgroupStage) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	if err := s.selection().accumulate(ctx, in, part, emit); err != nil || in.One(split.Port.Name) == nil {
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
func (s subgroupStage) Merge(ctx context.Context, in stages.Inputs, key string, accumulators [][]byte) ([]byte, error) {
	if key == table1Key {
		sum, err := sumCohorts(accumulators)
		if err != nil {
			return nil, err
		}
		return json.Marshal(sum.tell(s.shows()))
	}
	e, err := s.selection().examplesOf(parseKey(key), in, accumulators)
	if err != nil {
		return nil, err
	}
	if e.n == 0 { // there are examples of val alone
		return []byte("null"), nil
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
			all = append(all, told(name, members, of, !e.multiLabel && e.classes > 2, s.shows()))
		}
	}
	return json.Marshal(all)
}

// Finish writes subgroups.json.
func (s subgroupStage) Finish(_ context.Context, _ stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	all := Subgroups{Split: s.config.Split, Interval: s.config.settings(), Variants: map[string]map[string][]Attribute{}}
	for _, keyed := range results {
		if keyed.Key == table1Key {
			if err := json.Unmarshal(keyed.Value, &all.Table1); err != nil {
				return fmt.Errorf("read a table of patients: %w", err)
			}
			continue
		}
		key, of := parseKey(keyed.Key), []Attribute{}
		if err := json.Unmarshal(keyed.Value, &of); err != nil {
			return fmt.Errorf("read groups of patients: %w", err)
		}
		if of == nil {
			continue
		}
		if all.Variants[key.variant] == nil {
			all.Variants[key.variant] = map[string][]Attribute{}
		}
		all.Variants[key.variant][key.task] = of
		for _, a := range of {
			out.Count("groups", int64(len(a.Groups)))
			out.Count("groups_hidden", int64(len(a.Hidden)))
		}
	}
	if len(all.Variants) == 0 {
		return exit.Errorf(exit.BadData, "the predictions hold no example of split %s; predict that split, or choose another", s.config.Split)
	}
	return write(out, SubgroupsName, all)
}
