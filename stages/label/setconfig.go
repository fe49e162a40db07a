package label

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/split"
)

// SetConfig is the configuration of label.set.
type SetConfig struct {
	Task string `json:"task" enum:"diag,proc" doc:"diag lists diagnoses, proc procedures"`
	recipe.Codes
	split.Overlap
	// Ten train admissions leave val and test some three positives: below, a
	// label can neither be learnt nor measured.
	MinCount *int `json:"min_count,omitempty" min:"1" unit:"admissions" doc:"admissions of train patients that a label must have, 10 where it is left out; with fewer than some ten it can be neither learnt nor measured; labels_of_whole_table has no minimum"`
}

// fewest are the train admissions that a label must have where nothing else is said.
const fewest = 10

// optional is a port that not every recipe needs.
func optional(p stages.Port) stages.Port {
	p.Optional = true
	return p
}

type labelSet struct {
	tallied
	config   SetConfig
	of       codeTask
	recipe   recipe.Recipe
	minCount int
}

func newLabelSet(_ *stages.Environment, config SetConfig) (stages.Reduce, error) {
	of, known := codeTasks[config.Task]
	if !known {
		return nil, exit.Errorf(exit.Usage, "label.set: no task %q, only diag and proc", config.Task)
	}
	r, err := config.New()
	s := &labelSet{config: config, of: of, recipe: r, minCount: fewest}
	switch {
	case err != nil:
		return nil, err
	case r.LabelsOfWholeTable && config.MinCount != nil:
		return nil, exit.Errorf(exit.Usage, "min_count: the recipe %s lists every label of the table; leave min_count out", config.Name())
	case r.LabelsOfWholeTable:
		s.minCount = 0
	case config.MinCount != nil:
		s.minCount = *config.MinCount
	}
	return s, nil
}

// Check asks for the split where the recipe goes by it, and for none where it does not.
func (s *labelSet) Check(_ context.Context, in stages.Givers) []stages.Fault {
	faults := stages.FaultOf("in."+split.Port.Name, s.splitFits(in.One(split.Port.Name) != nil))
	return append(faults, s.config.Overlap.Faults(in)...)
}

func (s *labelSet) splitFits(given bool) error {
	switch {
	case given && s.recipe.LabelsOfWholeTable:
		return exit.Errorf(exit.Usage, "the recipe %s lists the labels of all patients, whatever their split; leave the port out", s.config.Name())
	case !given && !s.recipe.LabelsOfWholeTable:
		return exit.Errorf(exit.Usage, "the recipe %s lists the labels that train patients have; give it the split that the model is trained with", s.config.Name())
	}
	return nil
}

// splits are those of the patients of a part, none where they do not count.
func (s *labelSet) splits(ctx context.Context, in stages.Inputs, part int) (split.Sides, error) {
	d := in.One(split.Port.Name)
	if err := s.splitFits(d != nil); err != nil || d == nil {
		return split.Sides{}, err
	}
	return s.config.Overlap.Part(ctx, d, part)
}
