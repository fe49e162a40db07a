package compare

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// contender is a model of a task that is compared.
type contender struct {
	predictions.Examples
	columns *predictions.Columns
	draws   *eval.Resampling
}

// counterparts refuses variants of another run that there is nothing to compare with.
func counterparts(all []predictions.Examples) error {
	for _, e := range all {
		same := func(o predictions.Examples) bool {
			return o.Key.Port == predictions.PortVariants && o.Key.Variant == e.Key.Variant
		}
		if e.Key.Port == predictions.PortOther && !slices.ContainsFunc(all, same) {
			return exit.Errorf(exit.Usage, "task %s: %v has no variant of its name among the predictions; leave its folder out, or name the variants alike", e.Key.Task, e)
		}
	}
	return nil
}

// align gives the examples of all models of a task the same places, in the order of
// their patients and ids, however their parts are cut. Models of other examples are
// refused by name.
func align(ctx context.Context, all []predictions.Examples) error {
	var first []predictions.Identity
	for i := range all {
		e := &all[i]
		lying, err := e.Identities(ctx)
		if err != nil {
			return err
		}
		order := make([]int32, len(lying))
		for at := range order {
			order[at] = int32(at)
		}
		slices.SortFunc(order, func(a, b int32) int { return lying[a].Compare(lying[b]) })
		e.Places = make([]int32, len(lying))
		sorted := make([]predictions.Identity, len(lying))
		for place, at := range order {
			e.Places[at], sorted[place] = int32(place), lying[at]
		}
		if len(slices.Compact(slices.Clone(sorted))) < len(sorted) {
			return exit.Errorf(exit.BadData, "task %s: %v predicts an example twice; predict each once", e.Key.Task, *e)
		}
		if first == nil {
			first = sorted
		}
		if !slices.Equal(first, sorted) {
			return exit.Errorf(exit.BadData, "task %s: %v and %v are not of the same examples of the same patients; compare predictions of one split of the same texts", e.Key.Task, all[0], *e)
		}
	}
	return nil
}

// sameLabels refuses models of a task whose loaded labels differ.
func sameLabels(all []*contender) error {
	first := all[0]
	for _, c := range all[1:] {
		if !slices.Equal(c.columns.Labels, first.columns.Labels) || !slices.Equal(c.columns.Has, first.columns.Has) {
			return exit.Errorf(exit.BadData, "task %s: %v and %v have other labels of the same examples; compare predictions of the same labels", c.Key.Task, first.Examples, c.Examples)
		}
	}
	return nil
}
