package model

import (
	"io"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// Merge are the files of a model folder that computes without adapters what this model
// computes with them: config.json and model.safetensors of float32, as a classifier where
// an adapter has a head. An adapter that is more than a change of weights, and adapters
// that change nothing, are exit.Usage.
func (m *Model) Merge() ([]checkpoint.File, error) {
	base, head := m.base.Base(), m.adapters.Head()
	merged := merging{base: base, tensors: map[string]checkpoint.Tensor{}}
	for _, a := range m.adapters {
		by, ok := a.Method.(adapter.Merger)
		if !ok {
			return nil, exit.Errorf(exit.Usage, "an adapter of peft_type %s is more than a change of weights, and cannot be merged; keep it beside the model", a.Config.PEFTType)
		}
		merged.by = append(merged.by, by)
	}
	for _, p := range base.Params {
		if head != nil && p == base.LanguageHead && !base.Tied {
			continue // transformers' class of classifiers has none
		}
		if err := merged.add(p); err != nil {
			return nil, err
		}
	}
	labels, err := merged.addHead(head)
	if err != nil {
		return nil, err
	}
	if !merged.changed && (merged.updated || head == nil) {
		return nil, exit.Errorf(exit.Usage, "the adapters change no weight of the model: merged it would be the base itself; give adapters that were trained")
	}
	return []checkpoint.File{
		{Name: ConfigName, Write: func(w io.Writer) error { return base.WriteClassifier(w, labels) }},
		{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error { return checkpoint.Write(w, merged.tensors) }},
	}, nil
}

// merging gathers the merged weights.
type merging struct {
	base    adapter.Base
	by      []adapter.Merger
	tensors map[string]checkpoint.Tensor
	updated bool // an adapter adds to a weight
	changed bool // a weight is another one than before
}

// add adds a parameter of the base as the adapters change it.
func (m *merging) add(p *graph.Param) error {
	before, err := p.Values()
	if err != nil {
		return err
	}
	after, err := p.Now().Values()
	if err != nil {
		return err
	}
	if at := slices.IndexFunc(m.base.Layers, func(l adapter.Layer) bool { return l.Name+".weight" == p.Name() }); at >= 0 {
		for _, by := range m.by {
			updates, err := by.Merge(m.base.Layers[at], after)
			if err != nil {
				return err
			}
			m.updated = m.updated || updates
		}
	}
	m.changed = m.changed || !slices.Equal(before, after)
	m.tensors[p.Name()] = checkpoint.Tensor{Shape: p.Shape(), Values: after}
	return nil
}

// addHead adds a classification head, and counts its labels.
func (m *merging) addHead(h *adapter.Head) (labels int, err error) {
	if h == nil {
		return 0, nil
	}
	for suffix, p := range map[string]*graph.Param{".weight": h.Weight, ".bias": h.Bias} {
		if p == nil {
			continue
		}
		values, err := p.Values()
		if err != nil {
			return 0, err
		}
		m.tensors[m.base.Head.Name+suffix] = checkpoint.Tensor{Shape: p.Shape(), Values: values}
	}
	return h.Weight.Shape()[0], nil
}
