package promotion

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

const portCandidate = "candidate"

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "registry.current",
		Version: 1,
		Doc: "Brings the current adapter of a model in a registry into a run, for the task of the candidate: train.predict asks it like any other, and registry.gate compares the two. " +
			"It leaves an adapter without files, of which train.predict leaves no predictions, where there is none to compare with: nothing was promoted yet, the current version has no adapter for the task, or it is the candidate itself. " +
			"What is current is part of the fingerprint, so that a promotion or a rollback makes the step stale.",
		In:  []stages.Port{{Name: portCandidate, Kind: stages.KindAdapter, Doc: "The adapter that the current one is to be compared with."}},
		Out: stages.Output{Kind: stages.KindAdapter},
	}, func(_ *stages.Environment, c CurrentConfig) (stages.Job, error) { return current{c}, nil })
}

// CurrentConfig configures registry.current.
type CurrentConfig struct {
	Model string `json:"model" path:"current.json" absent:"true" doc:"Folder of the model in the registry, here or in a bucket, such as clinflow-models/mortality. It need not be there yet."`
}

type current struct{ config CurrentConfig }

// registryAttribute is the name under which the manifest of what registry.current leaves
// has its standing.
const registryAttribute = "registry"

// The states of a standing.
const (
	stateCurrent   = "current"   // the current version's adapter is there
	stateNone      = "none"      // there is none for the task
	stateCandidate = "candidate" // it is the candidate itself
)

// standing says what registry.current found.
type standing struct {
	State   string `json:"state"`
	Version string `json:"version,omitempty"` // that is current; "" where none is
}

// Task implements stages.Labelling.
func (c current) Task(in stages.Givers) task.Task { return in.Task(portCandidate) }

// Run implements stages.Job.
func (c current) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	candidate := in.One(portCandidate)
	name, err := taskOf(candidate)
	if err != nil {
		return err
	}
	m, err := registry.Open(c.config.Model)
	if err != nil {
		return err
	}
	found, from, err := find(ctx, m, name, candidate)
	if err == nil {
		err = out.SetAttribute(registryAttribute, found)
	}
	if err != nil {
		return err
	}
	if found.State != stateCurrent {
		return out.SetAttribute(task.Attribute, candidate.Manifest.Attributes[task.Attribute])
	}
	for attribute, value := range from.Manifest.Attributes {
		if err := out.SetAttribute(attribute, value); err != nil {
			return err
		}
	}
	for _, f := range from.Manifest.Files {
		if err := out.CopyFile(ctx, from, f.Name, f.Name); err != nil {
			return err
		}
	}
	return nil
}

// find looks for the current version's adapter for a task.
func find(ctx context.Context, m registry.Model, name string, candidate *dataset.Dataset) (standing, *dataset.Dataset, error) {
	s, err := m.Read(ctx)
	if err != nil || s.Current == nil {
		return standing{State: stateNone}, nil, err
	}
	found := standing{State: stateNone, Version: s.Current.Version}
	version, err := m.Version(ctx, s, found.Version)
	if err != nil {
		return found, nil, err
	}
	from, err := registry.Adapter(ctx, version, name)
	switch {
	case err != nil || from == nil:
		return found, nil, err
	case from.Manifest.Digest() == candidate.Manifest.Digest():
		found.State = stateCandidate
		return found, from, nil
	}
	found.State = stateCurrent
	return found, from, sameLabels(from, candidate)
}

// sameLabels refuses a current adapter whose outputs mean other labels than the candidate's.
func sameLabels(from, candidate *dataset.Dataset) error {
	before, _, err := task.Of(from)
	if err != nil {
		return err
	}
	now, _, err := task.Of(candidate)
	if err == nil && !now.Same(before) {
		err = exit.Errorf(exit.Usage, "%s is for %d labels of %s and the candidate for %d, or others: they cannot be compared; keep the list of labels (label_set), promote by hand, or give the candidate a model of its own", from.URI(), before.NumLabels(), before.Name, now.NumLabels())
	}
	return err
}
