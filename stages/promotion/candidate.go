// Package promotion holds the stages that put an adapter into use: what the current
// adapter of a registry is, the gate that compares a new one with it on the same held-out
// patients, and the promotion that follows.
package promotion

import (
	"context"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/cards"
	"github.com/clinflow/clinflow/task"
)

// CandidateOf puts together what may be promoted: adapters that train.finetune left, one
// for each task, and the model cards that eval.model_card wrote of them.
func CandidateOf(ctx context.Context, adapters, modelCards []*dataset.Dataset) (c registry.Candidate, err error) {
	c = registry.Candidate{Adapters: map[string]*dataset.Dataset{}, Cards: map[string][]byte{}}
	tasks := map[string]string{} // by digest
	for _, d := range adapters {
		name, err := taskOf(d)
		if err != nil {
			return c, err
		}
		if c.Adapters[name] != nil {
			return c, exit.Errorf(exit.Usage, "%s and %s are both of the task %s; a version has one adapter for each task", c.Adapters[name].URI(), d.URI(), name)
		}
		c.Adapters[name], tasks[d.Manifest.Digest()] = d, name
	}
	for _, d := range modelCards {
		name, ok := tasks[d.Manifest.Inputs["adapter"]]
		if !ok {
			return c, exit.Errorf(exit.Usage, "the model card %s is of none of the adapters; give the card that was written of one", d.URI())
		}
		if c.Cards[name], err = d.ReadFile(ctx, cards.ModelName); err != nil {
			return c, err
		}
	}
	if len(c.Adapters) == 0 {
		err = exit.Errorf(exit.Usage, "there is no adapter to promote; give the folder of one")
	}
	return c, err
}

// OpenCandidate is CandidateOf for the folders of adapters and model cards.
func OpenCandidate(ctx context.Context, folders []string) (registry.Candidate, error) {
	byKind := map[string][]*dataset.Dataset{}
	for _, folder := range folders {
		d, err := dataset.Open(ctx, folder)
		if err != nil {
			return registry.Candidate{}, err
		}
		if kind := d.Manifest.Kind; kind != stages.KindAdapter && kind != cards.KindModelCard {
			return registry.Candidate{}, exit.Errorf(exit.Usage, "%s holds %s; give the folders of adapters, and of model cards of theirs", folder, kind)
		}
		byKind[d.Manifest.Kind] = append(byKind[d.Manifest.Kind], d)
	}
	return CandidateOf(ctx, byKind[stages.KindAdapter], byKind[cards.KindModelCard])
}

// taskOf is the name of the task that an adapter has a head for.
func taskOf(d *dataset.Dataset) (string, error) {
	of, told, err := task.Of(d)
	switch {
	case err != nil:
		return "", err
	case !told || of.Kind == task.LanguageModeling || !stages.NamePattern.MatchString(of.Name) || strings.HasPrefix(of.Name, "."):
		return "", exit.Errorf(exit.Usage, "%s is no adapter of a task that train.finetune left", d.URI())
	}
	return of.Name, nil
}
