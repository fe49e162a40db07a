package recipe

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// Attribute is the name under which the manifests of texts and labels have the Made of
// the recipe that they were made by.
const Attribute = "recipe"

// Made is what a manifest says of a recipe.
type Made struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// Made is what is made by the configuration's recipe.
func (c Config) Made() Made { return Made{c.Name(), recipes[c.Recipe].version} }

// Fits compares the recipe of a dataset with the configuration's.
func (c Config) Fits(port string, d *dataset.Dataset) error {
	var made Made
	told, err := d.Attribute(Attribute, &made)
	if err != nil || !told {
		return err
	}
	if made != c.Made() {
		return exit.Errorf(exit.BadData, "port %s: %s was made by the recipe %s, version %d, this step has %s, version %d; give both steps the same recipe and quirks",
			port, d.URI(), made.Name, made.Version, c.Name(), c.Made().Version)
	}
	return nil
}

// named is implemented by the stages that embed a Config.
type named interface{ Name() string }

// FitsStep compares the recipe of the step that is bound to a port with the
// configuration's, before anything runs.
func (c Config) FitsStep(port string, from *stages.Giver) []stages.Fault {
	if from == nil {
		return nil
	}
	if other, ok := from.Built.(named); ok && other.Name() != c.Name() {
		return stages.Faultf("in."+port, "the step %s has the recipe %s, this one %s; give both the same recipe and quirks", from.Step, other.Name(), c.Name())
	}
	return nil
}
