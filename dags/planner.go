package dags

import (
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// stepsFolder holds the steps' outputs in the output folder.
const stepsFolder = "steps"

// Planner says of each step whether its output is there already, by what lay in
// the output folder when the planner was made.
type Planner struct {
	out     store.Dir
	digests *Digests
	outputs map[string]output // by folder name under steps
}

// output is a step's folder.
type output struct {
	complete bool
	written  time.Time // of the manifest
}

// Decision says whether a step has to run, and why.
type Decision struct {
	Step        *Step
	Identity    Identity
	Fingerprint string   // "" while an upstream step is yet to run
	URI         string   // of the output
	Done        bool     // the output is there
	Reasons     []string // why it has to run
}

// OutputName is the name in the output folder of a step's output.
func OutputName(step, fingerprint string) string {
	return path.Join(stepsFolder, step+"-"+fingerprint)
}

// NewPlanner looks at what an output folder holds. The folder need not exist.
func NewPlanner(ctx context.Context, out store.Dir) (*Planner, error) {
	files, err := out.List(ctx, stepsFolder+"/")
	if err != nil {
		return nil, fmt.Errorf("look at the outputs in %s: %w", out.URI(), err)
	}
	p := &Planner{out: out, digests: OpenDigests(ctx, out), outputs: map[string]output{}}
	for _, f := range files {
		folder, name, _ := strings.Cut(strings.TrimPrefix(f.Name, stepsFolder+"/"), "/")
		o := p.outputs[folder]
		if name == dataset.ManifestName {
			o = output{complete: true, written: f.ModTime}
		}
		p.outputs[folder] = o
	}
	return p, nil
}

// Save keeps the digests of raw files for the next plan.
func (p *Planner) Save(ctx context.Context) error { return p.digests.Save(ctx) }

// Digest is the sha256 of a local file, read once where it does not change: a job may
// ask for what its step's fingerprint was taken of.
func (p *Planner) Digest(ctx context.Context, path string) (string, error) {
	return p.digests.File(ctx, path)
}

// Decide fingerprints a step whose inputs are known and looks for its output.
func (p *Planner) Decide(ctx context.Context, step *Step, in stages.Inputs) (Decision, error) {
	id, err := p.identify(ctx, step, in)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Step: step, Identity: id, Fingerprint: id.Fingerprint()}
	name := OutputName(step.Name, d.Fingerprint)
	d.URI = p.out.Sub(name).URI()
	found, exists := p.outputs[path.Base(name)]
	switch {
	case found.complete:
		d.Done = true
	case exists:
		d.Reasons = []string{"its output is incomplete: a run ended in the middle of it"}
	default:
		d.Reasons = p.compare(ctx, step, id)
	}
	return d, nil
}

// Changed names the input that is no longer what a decision was made on, "" where
// none is.
func (p *Planner) Changed(ctx context.Context, d Decision, in stages.Inputs) (string, error) {
	now, err := p.identify(ctx, d.Step, in)
	for _, name := range slices.Sorted(maps.Keys(d.Identity.Inputs)) {
		if err == nil && now.Inputs[name] != d.Identity.Inputs[name] {
			return name, nil
		}
	}
	return "", err
}

func (p *Planner) identify(ctx context.Context, step *Step, in stages.Inputs) (Identity, error) {
	built, err := step.Stage.Build(step.Config)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{
		Schema: dataset.VersionsOf(step.Stage.Out.Kind, step.Stage.Out.Tables...), Stage: step.Stage.Name, Version: step.Stage.Version,
		Config: step.Identity, Inputs: portDigests(step, in),
	}
	if machine, ok := built.(stages.Identified); ok {
		id.Kernel = machine.Kernel()
	}
	if source, ok := built.(stages.Source); ok {
		return id, p.rawFiles(ctx, source, in, id.Inputs)
	}
	return id, p.pathDigests(ctx, step, id.Inputs)
}

// portDigests names a port's dataset by the port, or port[i] where it takes
// many. Only the tables that the port reads count.
func portDigests(step *Step, in stages.Inputs) map[string]string {
	digests := map[string]string{}
	for _, port := range step.Stage.In {
		for i, dataset := range in[port.Name] {
			key := port.Name
			if port.Many {
				key += "[" + itoa(i) + "]"
			}
			digests[key] = dataset.Manifest.Digest(port.Tables...)
		}
	}
	return digests
}

// rawFiles adds a source's files as "file NAME", but for those of a dataset that
// a port brings: its digest has them.
func (p *Planner) rawFiles(ctx context.Context, source stages.Source, in stages.Inputs, digests map[string]string) error {
	files, err := source.Files(ctx, in)
	if err != nil {
		return err
	}
	for _, f := range files {
		if within(f.URI, in) {
			continue
		}
		if digests["file "+f.Name], err = p.digests.File(ctx, f.URI); err != nil {
			return err
		}
	}
	return nil
}

func within(uri string, in stages.Inputs) bool {
	for _, datasets := range in {
		for _, d := range datasets {
			if strings.HasPrefix(uri, strings.TrimSuffix(d.URI(), "/")+"/") {
				return true
			}
		}
	}
	return false
}

// pathDigests adds what the configuration's paths lead to as "with.KEY".
func (p *Planner) pathDigests(ctx context.Context, step *Step, digests map[string]string) error {
	for _, given := range step.Paths {
		dir, err := store.Open(given.Value)
		if err != nil {
			return err
		}
		local, ok := dir.LocalPath("")
		if !ok {
			return exit.Errorf(exit.Usage, "with.%s: %s is not on this machine", given.Key, given.Value)
		}
		if digests["with."+given.Key], err = p.digests.Tree(ctx, filepath.Clean(local), given.Reads...); err != nil {
			return fmt.Errorf("with.%s: %w", given.Key, err)
		}
	}
	return nil
}
