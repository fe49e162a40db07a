package card

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

var errNoTexts = exit.Errorf(exit.Usage, "nothing is bound to texts, nor to tokens; give the texts, or the tokens of whole notes")

// Check implements stages.Checked: training would refuse the same examples.
func (g gate) Check(_ context.Context, in stages.Givers) []stages.Fault {
	if len(given(in)) == 0 {
		return stages.FaultOf("in."+textsPort.Name, errNoTexts)
	}
	faults := examples.Faults(givenAsTokens(in), counted)
	for i := range faults {
		if faults[i].Key == "in."+examples.TokensPort.Name && len(in[textsPort.Name]) > 0 {
			faults[i].Key = "in." + textsPort.Name
		}
	}
	if in.One(portDuplicates) == nil {
		for _, key := range g.config.needDuplicates() {
			faults = append(faults, stages.Faultf(key, "nothing looks for equal texts; bind a step of label.duplicates to the port %s", portDuplicates)...)
		}
	}
	return faults
}

// taskOf is the task of the labels; texts and splits that do not fit it are refused. It
// reads all splits.
func taskOf(ctx context.Context, in stages.Inputs) (task.Task, error) {
	return examples.TaskOf(ctx, givenAsTokens(in))
}

// counted takes splits that training refuses: max_patients_in_two_splits says how many
// patients may be in two.
var counted = split.Overlap{AllowPatientOverlap: true}

// givenAsTokens binds the texts where training binds their tokens.
func givenAsTokens[D any](in map[string][]D) map[string][]D {
	return map[string][]D{
		examples.TokensPort.Name: given(in), examples.LabelsPort.Name: in[examples.LabelsPort.Name], split.Port.Name: in[split.Port.Name],
	}
}
