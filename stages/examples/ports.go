package examples

import (
	"context"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// The ports that examples come by, beside split.Port.
var (
	TokensPort = stages.Port{
		Name: "tokens", Kind: task.KindTokens, Tables: []string{task.TableTokens}, Sharded: true, Many: true,
		Doc: "Tokenized texts. Of several datasets a later one's row takes the place of the row of the same text, or takes it away.",
	}
	LabelsPort = stages.Port{
		Name: "labels", Kind: task.KindLabels, Tables: []string{task.TableLabels}, Sharded: true,
		Doc: "The labels of a task, by text or by admission. Their manifest says what the task is.",
	}
)

// SourceOf is the labelled examples of a stage with these ports.
func SourceOf(in stages.Inputs, overlap split.Overlap) Source {
	return Source{Tokens: in[TokensPort.Name], Labels: in.One(LabelsPort.Name), Split: in.One(split.Port.Name), Overlap: overlap}
}

// TextsOf is SourceOf without labels, for language models.
func TextsOf(in stages.Inputs, overlap split.Overlap) Source {
	return Source{Tokens: in[TokensPort.Name], Split: in.One(split.Port.Name), Overlap: overlap}
}

// TaskOf is the task of the labels that a stage takes, with the rule of its splits.
func TaskOf(ctx context.Context, in stages.Inputs) (task.Task, error) {
	labels := in.One(LabelsPort.Name)
	of, told, err := task.Of(labels)
	switch {
	case err != nil:
		return of, err
	case !told || of.Kind == task.LanguageModeling:
		return of, exit.Errorf(exit.BadData, "%s: the manifest of these labels tells no task with labels; make them again", labels.URI())
	}
	if err := textsFit(of, in); err != nil {
		return of, err
	}
	return withSplit(ctx, of, in)
}

// textsFit refuses texts that tell what a task's labels are.
func textsFit(of task.Task, in stages.Inputs) error {
	var given []task.Texts
	for _, d := range in[TokensPort.Name] {
		t, err := task.TextsOf(d)
		if err != nil {
			return err
		}
		given = append(given, t)
	}
	if wrong := of.Texts.Lacks(given); wrong != "" {
		return exit.Errorf(exit.Usage, "port %s: the task is %s: %s", TokensPort.Name, of, wrong)
	}
	return nil
}

// LanguageModel is the task of a stage that takes no labels.
func LanguageModel(ctx context.Context, in stages.Inputs) (task.Task, error) {
	return withSplit(ctx, task.Task{Name: string(task.LanguageModeling), Kind: task.LanguageModeling}, in)
}

// withSplit is a task with the rule of the splits that a stage takes, and the patients
// who are in several. Labels whose list was made with other splits are refused: patients
// of val and test would have had a say in it.
func withSplit(ctx context.Context, of task.Task, in stages.Inputs) (task.Task, error) {
	splits := in.One(split.Port.Name)
	rule, err := split.RuleOf(splits)
	if err != nil {
		return of, err
	}
	if of.Split != "" && of.Split != rule.String() {
		return of, exit.Errorf(exit.BadData, "port %s: %s was listed with the split %s, this step has %s; give label.set and this step the same split",
			LabelsPort.Name, in.One(LabelsPort.Name).URI(), of.Split, rule)
	}
	shared, err := split.Shared(ctx, splits)
	of.Split, of.SharedPatients = rule.String(), len(shared)
	return of, err
}

// Faults are those of the examples that a step is to be given, as far as the steps
// before it tell: TaskOf, or the join, would refuse them.
func Faults(in stages.Givers, overlap split.Overlap) []stages.Fault {
	return slices.Concat(otherTexts(in), otherSplit(in), overlap.Faults(in))
}

// otherTexts is the fault of a step whose texts tell what its labels are.
func otherTexts(in stages.Givers) []stages.Fault {
	var given []task.Texts
	for _, from := range in[TokensPort.Name] {
		given = append(given, from.Texts())
	}
	of := in.Task(LabelsPort.Name)
	if wrong := of.Texts.Lacks(given); wrong != "" {
		return stages.Faultf("in."+TokensPort.Name, "the task is %s: %s", of, wrong)
	}
	return nil
}

// otherSplit is the fault of a step whose labels are listed, by a step that they are made
// from, with another split than its own.
func otherSplit(in stages.Givers) []stages.Fault {
	labels := in.One(LabelsPort.Name)
	here, told := split.Planned(in)
	if labels == nil || !told {
		return nil
	}
	for _, port := range slices.Sorted(maps.Keys(labels.In)) {
		for _, list := range labels.In[port] {
			if listed, told := split.Planned(list.In); told && listed != here {
				return stages.Faultf("in."+split.Port.Name, "is by %s; the step %s, which lists the labels, has %s; give both the same split", here, list.Step, listed)
			}
		}
	}
	return nil
}

// Attributes are what the manifest of a model, an adapter or predictions tells of them.
func Attributes(of task.Task, err error) (map[string]any, error) {
	return map[string]any{task.Attribute: of}, err
}
