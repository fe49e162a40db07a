package label

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/declared"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterReduce(stages.Spec{
		Name: "label.task_set", Version: 1,
		Doc: "Lists the labels of a declared multilabel task that names none: those that at least min_count admissions of train patients have. " +
			"The other patients have no say in the list. The task in the manifest lists the labels by number, labels.json has their counts too, as label.set's.",
		In: []stages.Port{
			{
				Name: "patients", Kind: mimic.KindPatients, Sharded: true,
				Tables: append([]string{mimic.TableAdmissions}, declared.Tables...), Doc: "admissions, and what the labels are made from",
			},
			split.Port,
		},
		Out: stages.Output{Kind: task.KindLabelSet},
	}, func(_ *stages.Environment, config TaskSetConfig) (stages.Reduce, error) {
		return taskSet{tallied{}, newDeclared(config.Config), config.Overlap, config.MinCount}, nil
	})
}

// TaskSetConfig is the configuration of label.task_set.
type TaskSetConfig struct {
	declared.Config
	split.Overlap
	MinCount int `json:"min_count" default:"10" min:"1" unit:"admissions" doc:"admissions of train patients that a label must have; with fewer than some ten it can be neither learnt nor measured"`
}

type taskSet struct {
	tallied
	declaredTask
	overlap  split.Overlap
	minCount int
}

// Task implements stages.Labelling.
func (s taskSet) Task(stages.Givers) task.Task { return s.Planned() }

// Check tells the faults of the declaration, and a task that has its own names.
func (s taskSet) Check(_ context.Context, in stages.Givers) []stages.Fault {
	if len(s.faults) == 0 && !s.of.Open() {
		return stages.Faultf("task", "%s has its own names, or is not multilabel; its labels need no list", s.of.Name)
	}
	return slices.Concat(s.faults, s.overlap.Faults(in))
}

// Accumulate counts the labels of a part.
func (s taskSet) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	if err := declared.Err(s.Check(ctx, nil)); err != nil {
		return err
	}
	splits, err := s.overlap.Part(ctx, in.One(split.Port.Name), part)
	if err != nil {
		return err
	}
	sum, d := newTally(), in.One("patients")
	patients := declared.Read(ctx, d, part)
	defer patients.Close()
	for a, err := range dataset.Read[mimic.Admission](ctx, d, mimic.TableAdmissions, part) {
		if err != nil {
			return err
		}
		o, _, err := s.of.Of(ctx, patients, &a)
		if err != nil {
			return err
		}
		if len(o.Labels) > 0 {
			of, _ := splits.Of(a.SubjectID, a.HadmID)
			sum.count(o.Labels, of == split.Train)
		}
	}
	value, err := json.Marshal(sum)
	emit(s.of.Name, value)
	return err
}

// Finish writes labels.json, and the task with its labels into the manifest.
func (s taskSet) Finish(_ context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	sum, err := sumOf(stages.Values(results))
	if err != nil {
		return err
	}
	list := sum.list(sum.ordered(), s.minCount)
	if len(list.Labels) == 0 {
		return exit.Errorf(exit.BadData, "no label of %s has %d admissions of train patients; lower min_count of label.task_set, or give it more patients", s.of.Name, s.minCount)
	}
	out.Count("admissions", sum.Admissions)
	out.Count("distinct_labels", int64(len(sum.Labels)))
	out.Count("labels", int64(len(list.Labels)))
	rule, err := split.RuleOf(in.One(split.Port.Name))
	if err != nil {
		return err
	}
	t := s.Planned()
	t.Labels, t.Split, t.Release = list.Labels, rule.String(), mimic.ReleaseOf(in.One("patients")).String()
	return errors.Join(out.SetAttribute(task.Attribute, t), out.WriteJSON(SetFile, list))
}
