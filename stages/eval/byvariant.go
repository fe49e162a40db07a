package eval

import "github.com/clinflow/clinflow/stages/eval/predictions"

// ByVariant holds what a file tells of each variant and task, and of the baseline and
// the best possible model beside them.
type ByVariant[T any] struct {
	Variants  map[string]map[string]T `json:"variants"`
	Baseline  map[string]T            `json:"baseline,omitempty"`
	KnownBest map[string]T            `json:"known_best,omitempty"`
}

func (b *ByVariant[T]) put(key predictions.Key, value T) { b.of(key)[key.Task] = value }

// of is where the tasks of a key stand.
func (b *ByVariant[T]) of(key predictions.Key) map[string]T {
	switch key.Port {
	case predictions.PortBaseline:
		if b.Baseline == nil {
			b.Baseline = map[string]T{}
		}
		return b.Baseline
	case predictions.PortBest:
		if b.KnownBest == nil {
			b.KnownBest = map[string]T{}
		}
		return b.KnownBest
	}
	if b.Variants == nil {
		b.Variants = map[string]map[string]T{}
	}
	if b.Variants[key.Variant] == nil {
		b.Variants[key.Variant] = map[string]T{}
	}
	return b.Variants[key.Variant]
}
