package split

import (
	"context"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// The splits that a patient can be in.
const (
	Train = "train"
	Val   = "val"
	Test  = "test"
)

// Names are all of them.
var Names = []string{Train, Val, Test}

// Port is the input of a stage that needs to know who is trained on.
var Port = stages.Port{
	Name: "split", Kind: task.KindSplits, Sharded: true, Tables: []string{task.TableSplits},
	Doc: "who is trained on, validated on and tested on, such as by split.hash",
}

// Attribute is the name under which the manifest of splits has their Rule.
const Attribute = "split"

// Rule says how patients were split. Datasets made with equal rules of the same
// patients can be used together.
type Rule struct {
	Name string `json:"name"`           // such as hash
	Seed int64  `json:"seed,omitempty"` // of what is drawn
}

// String names the rule as messages do.
func (r Rule) String() string {
	if r.Seed == 0 {
		return r.Name
	}
	return fmt.Sprintf("%s, seed %d", r.Name, r.Seed)
}

// Ruled is implemented by a stage that says before it runs how it will split.
type Ruled interface{ Rule() Rule }

// Planned is the rule of the split that a step takes; ok is false where nothing says it.
func Planned(in stages.Givers) (r Rule, ok bool) {
	from := in.One(Port.Name)
	if from == nil {
		return r, false
	}
	ruled, ok := from.Built.(Ruled)
	if !ok {
		return r, false
	}
	return ruled.Rule(), true
}

// RuleOf is the rule of a dataset of splits.
func RuleOf(d *dataset.Dataset) (r Rule, err error) {
	if _, err := d.Attribute(Attribute, &r); err != nil || r.Name == "" {
		return r, exit.Errorf(exit.BadData, "%s does not say how the patients were split; make it again with split.hash", d.URI())
	}
	return r, nil
}

// Part reads one part of a dataset of splits: the split of each patient in it, by
// subject_id. Some 100 bytes a patient are held. A patient in two splits would be
// trained on and tested: exit.BadData.
func Part(ctx context.Context, d *dataset.Dataset, part int) (map[int64]string, error) {
	of, crossed := map[int64]string{}, map[int64]bool{}
	for row, err := range dataset.Read[task.Split](ctx, d, task.TableSplits, part) {
		if err != nil {
			return nil, err
		}
		switch before, known := of[row.SubjectID]; {
		case known && before != row.Split:
			crossed[row.SubjectID] = true
		case slices.Contains(Names, row.Split):
			of[row.SubjectID] = row.Split
		default:
			return nil, exit.Errorf(exit.BadData, "%s: part %d puts a patient into a split that is none of train, val and test; make it again", d.URI(), part)
		}
	}
	if n := len(crossed); n > 0 {
		return nil, exit.Errorf(exit.BadData, "%s: %d patients occur in more than one split in part %d, so the test would measure memory; split by subject_id", d.URI(), n, part)
	}
	return of, nil
}
