package registry

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/suggest"
)

// KindVersion is the kind of dataset that a version is.
const KindVersion = "model_version"

// What lies in a version's folder.
const (
	adaptersFolder = "adapters/" // by task, each with the manifest that it came with
	cardsFolder    = "cards/"    // by task
	DecisionName   = "decision.json"
	CardName       = "README.md"
)

// tasksAttribute is the name under which a version's manifest has the tasks of its adapters.
const tasksAttribute = "tasks"

// digestLength is how much of a digest stands in a version's name.
const digestLength = 12

// Candidate is what may become a version.
type Candidate struct {
	Adapters map[string]*dataset.Dataset // by task
	Cards    map[string][]byte           // by task, as many as there are
	Decision []byte                      // the gate's decision.json; nil: somebody promotes by hand
	Over     string                      // the version that the decision compares with
	Why, Run string
}

// decision is what the history knows a decision by.
func (c Candidate) decision() string {
	if c.Decision == nil {
		return ""
	}
	sum := sha256.Sum256(c.Decision)
	return hex.EncodeToString(sum[:])
}

func (c Candidate) tasks() []string { return slices.Sorted(maps.Keys(c.Adapters)) }

// digests are those of the adapters, by task.
func (c Candidate) digests() map[string]string {
	digests := map[string]string{}
	for name, d := range c.Adapters {
		digests[name] = d.Manifest.Digest()
	}
	return digests
}

// digest is the end of the name of a version with these adapters.
func (c Candidate) digest() string {
	sum := sha256.New()
	digests := c.digests()
	for _, name := range c.tasks() {
		fmt.Fprintf(sum, "%s %s\n", name, digests[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:digestLength]
}

func (m Model) versionDir(name string) store.Dir { return m.dir.Sub(versionsFolder + "/" + name) }

// Version opens a complete version by its name, or its number.
func (m Model) Version(ctx context.Context, s State, name string) (*dataset.Dataset, error) {
	i := slices.IndexFunc(s.Versions, func(v string) bool {
		number, _, _ := strings.Cut(v, "-")
		return v == name || strings.TrimLeft(number, "0") == strings.TrimLeft(name, "0")
	})
	if i < 0 {
		return nil, exit.Errorf(exit.Usage, "%s has no version %s; %s", m.URI(), name, cmp.Or(suggest.Choice(name, s.Versions), "it has none"))
	}
	return dataset.Open(ctx, m.versionDir(s.Versions[i]).URI())
}

// NameOf is the name of an opened version.
func NameOf(version *dataset.Dataset) string {
	return version.URI()[strings.LastIndexAny(version.URI(), `/\`)+1:]
}

// Tasks are those that a version has adapters of.
func Tasks(version *dataset.Dataset) (names []string, err error) {
	told, err := version.Attribute(tasksAttribute, &names)
	if err == nil && (!told || version.Manifest.Kind != KindVersion) {
		err = exit.Errorf(exit.BadData, "%s is no version of a model in a registry", version.URI())
	}
	return names, err
}

// Adapter is a version's adapter for a task as the step left it that trained it; nil where
// it has none.
func Adapter(ctx context.Context, version *dataset.Dataset, task string) (*dataset.Dataset, error) {
	names, err := Tasks(version)
	if err != nil || !slices.Contains(names, task) {
		return nil, err
	}
	return dataset.Open(ctx, version.Dir().Sub(adaptersFolder+task).URI())
}

// Decision is what the gate decided of a version when it was made, nil where somebody
// promoted it by hand.
func Decision(ctx context.Context, version *dataset.Dataset) ([]byte, error) {
	if !version.HasFile(DecisionName) {
		return nil, nil
	}
	return version.ReadFile(ctx, DecisionName)
}

// add writes a version, or finds it where it was written before.
func (m Model) add(ctx context.Context, s State, c Candidate) (name string, err error) {
	number := 0
	for _, v := range s.Versions {
		if strings.HasSuffix(v, "-"+c.digest()) {
			return v, m.whole(ctx, v)
		}
		n := 0
		if _, err := fmt.Sscanf(v, "%d-", &n); err == nil {
			number = max(number, n)
		}
	}
	name = fmt.Sprintf("%04d-%s", number+1, c.digest())
	out, err := dataset.NewWriter(ctx, m.versionDir(name).URI(), KindVersion, 0)
	if err != nil {
		return "", err
	}
	if err := c.write(ctx, out); err != nil {
		return "", err
	}
	inputs := map[string]string{}
	for task, digest := range c.digests() {
		inputs["adapters."+task] = digest
	}
	return name, out.Commit(ctx, dataset.Manifest{Stage: "registry.promote", StageVersion: 1, Inputs: inputs}, nil)
}

// whole says whether every byte of a version is as it was written.
func (m Model) whole(ctx context.Context, name string) error {
	d, err := dataset.Open(ctx, m.versionDir(name).URI())
	if err != nil {
		return err
	}
	return d.Verify(ctx)
}

func (c Candidate) write(ctx context.Context, out *dataset.Writer) error {
	if err := out.SetAttribute(tasksAttribute, c.tasks()); err != nil {
		return err
	}
	for _, name := range c.tasks() {
		if err := copyWhole(ctx, out, c.Adapters[name], adaptersFolder+name+"/"); err != nil {
			return err
		}
		if card, ok := c.Cards[name]; ok {
			if err := out.WriteFile(cardsFolder+name+"/"+CardName, card); err != nil {
				return err
			}
		}
	}
	if c.Decision == nil {
		return nil
	}
	return out.WriteFile(DecisionName, c.Decision)
}

// copyWhole copies an artifact with its manifest.
func copyWhole(ctx context.Context, out *dataset.Writer, from *dataset.Dataset, folder string) error {
	for _, f := range from.Manifest.Files {
		if err := out.CopyFile(ctx, from, f.Name, folder+f.Name); err != nil {
			return err
		}
	}
	manifest, err := store.ReadFile(ctx, from.Dir(), dataset.ManifestName)
	return errors.Join(err, out.WriteFile(folder+dataset.ManifestName, manifest))
}
