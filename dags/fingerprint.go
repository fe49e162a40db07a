package dags

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// Identity is all that decides the bytes of a step's output. It can be read
// back from the output's manifest.
type Identity struct {
	Schema  dataset.Versions `json:"schema"` // of the output's kind and tables
	Stage   string           `json:"stage"`
	Version int              `json:"version"`
	Config  json.RawMessage  `json:"config"` // Step.Identity
	// Inputs are digests by the names of portDigests, rawFiles and pathDigests: PORT or
	// PORT[i], "file NAME", "with.KEY".
	Inputs map[string]string `json:"inputs"`
	Kernel string            `json:"kernel,omitempty"`
}

// Fingerprint is the identity's sha256 in short: the first 16 hex digits.
func (id Identity) Fingerprint() string {
	text, err := json.Marshal(id)
	if err != nil {
		panic(fmt.Sprintf("the resolved configuration of %s is not JSON", id.Stage))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// identify finds what decides the bytes of a step whose inputs are known.
func (p *Planner) identify(ctx context.Context, step *Step, in stages.Inputs) (Identity, error) {
	built, id, err := p.settings(step)
	if err != nil {
		return Identity{}, err
	}
	id.Inputs = portDigests(step, in)
	if source, ok := built.(stages.Source); ok {
		return id, p.rawFiles(ctx, source, in, id.Inputs)
	}
	return id, p.pathDigests(ctx, step, id.Inputs)
}

// settings finds what of a step's identity is known without its inputs.
func (p *Planner) settings(step *Step) (built any, id Identity, err error) {
	if built, err = step.Stage.Build(p.env, step.Config); err != nil {
		return nil, Identity{}, err
	}
	id = Identity{
		Schema: dataset.VersionsOf(step.Stage.Out.Kind, step.Stage.Out.Tables...), Stage: step.Stage.Name, Version: step.Stage.Version,
		Config: step.Identity, Inputs: map[string]string{},
	}
	if machine, ok := built.(stages.Identified); ok {
		id.Kernel = machine.Kernel()
	}
	return built, id, nil
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

// noFiles is what Digests.Tree knows an empty folder by.
var noFiles = hex.EncodeToString(sha256.New().Sum(nil))

// pathDigests adds what the configuration's paths lead to as "with.KEY".
func (p *Planner) pathDigests(ctx context.Context, step *Step, digests map[string]string) error {
	for _, given := range step.Paths {
		digest, err := p.digests.Tree(ctx, given.place(), given.Reads...)
		if given.Absent && errors.Is(err, fs.ErrNotExist) {
			digest, err = noFiles, nil
		}
		if err != nil {
			return fmt.Errorf("with.%s: %w", given.Key, err)
		}
		digests["with."+given.Key] = given.Prefix + digest
	}
	return nil
}
