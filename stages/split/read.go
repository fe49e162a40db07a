package split

import (
	"fmt"

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

// What can be split, by the column of its ids. Where it is admissions, a patient may be
// in several splits.
const (
	byPatient   = "subject_id"
	ByAdmission = "hadm_id"
)

// Rule says how patients were split. Datasets made with equal rules of the same
// patients can be used together.
type Rule struct {
	Name  string `json:"name"`            // such as hash
	Seed  int64  `json:"seed,omitempty"`  // of what is drawn
	By    string `json:"by,omitempty"`    // ByAdmission, or "" where patients are split
	Lists string `json:"lists,omitempty"` // the hash of what was listed, once that is read
}

// String names the rule as messages do.
func (r Rule) String() string {
	name := r.Name
	if r.By != "" {
		name += " by " + r.By
	}
	if r.Seed != 0 {
		name += fmt.Sprintf(", seed %d", r.Seed)
	}
	if r.Lists != "" {
		name += ", lists " + r.Lists
	}
	return name
}

// Ruled is implemented by a stage that says before it runs how it will split. What it
// will list is not known then.
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
		return r, exit.Errorf(exit.BadData, "%s does not say how the patients were split; make it again with a stage such as split.hash", d.URI())
	}
	return r, nil
}
