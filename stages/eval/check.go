package eval

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/stages"
)

// Check compares what tasks are taken for with what their examples are labelled for.
func (s aurocStage) Check(_ context.Context, in stages.Givers) []stages.Fault {
	var faults []stages.Fault
	for _, port := range []string{portVariants, portBaseline, portBest} {
		for _, from := range in[port] {
			switch of := from.Task(); {
			case of.Name == "" || of.MultiLabel == slices.Contains(s.config.MultiLabel, of.Name):
			case of.MultiLabel:
				faults = append(faults, stages.Faultf("multi_label", "lacks the task %s of %s, whose examples have sets of labels", of.Name, from.Step)...)
			default:
				faults = append(faults, stages.Faultf("multi_label", "has the task %s of %s, whose examples have one class each", of.Name, from.Step)...)
			}
		}
	}
	return faults
}
