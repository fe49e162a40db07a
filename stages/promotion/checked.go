package promotion

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// Check implements stages.Checked: what is compared is what is bound beside it.
func (g gate) Check(_ context.Context, in stages.Givers) (found []stages.Fault) {
	judged := adaptersOf(in[predictions.PortCandidate])
	for _, from := range adaptersOf(in[predictions.PortCurrent]) {
		if !slices.Contains(in[portRegistered], from) {
			found = append(found, stages.Faultf("in."+predictions.PortCurrent, "are predictions of %s, which is not bound to %s; predict with what registry.current leaves", from.Step, portRegistered)...)
		}
	}
	for _, from := range in[portRegistered] {
		if _, ok := from.Built.(current); from.Built != nil && !ok {
			found = append(found, stages.Faultf("in."+portRegistered, "%s is of %s; bind a step of registry.current", from.Step, from.Stage.Name)...)
		}
		if of := from.In.One(portCandidate); of != nil && judged != nil && !slices.Contains(judged, of) {
			found = append(found, stages.Faultf("in."+portRegistered, "%s stands against %s, of which there are no predictions in %s", from.Step, of.Step, predictions.PortCandidate)...)
		}
	}
	return found
}

// Check implements stages.Checked: what is promoted is what was compared, in the registry
// that it was compared with.
func (p promote) Check(_ context.Context, in stages.Givers) (found []stages.Fault) {
	decision := in.One(portDecision)
	if decision == nil {
		return nil
	}
	judged := adaptersOf(decision.In[predictions.PortCandidate])
	for _, adapter := range in[portAdapters] {
		if judged != nil && !slices.Contains(judged, adapter) {
			found = append(found, stages.Faultf("in."+portAdapters, "%s is not what %s decides on; bind the adapter of its candidate's predictions", adapter.Step, decision.Step)...)
		}
	}
	for _, from := range decision.In[portRegistered] {
		if c, ok := from.Built.(current); ok && p.config.Model != "" && c.config.Model != "" && !sameModel(c.config.Model, p.config.Model) {
			found = append(found, stages.Faultf("model", "is another than that of %s, with which %s compares; name the same folder", from.Step, decision.Step)...)
		}
	}
	return found
}

// adaptersOf are the steps whose adapters predictions are of, nil where they tell none.
func adaptersOf(predicted []*stages.Giver) (adapters []*stages.Giver) {
	for _, from := range predicted {
		if adapter := from.In.One(portAdapter); adapter != nil {
			adapters = append(adapters, adapter)
		}
	}
	return adapters
}

func sameModel(a, b string) bool {
	x, err := registry.Open(a)
	y, failed := registry.Open(b)
	return err == nil && failed == nil && x.URI() == y.URI()
}
