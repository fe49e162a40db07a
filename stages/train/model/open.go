package model

import (
	"context"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Open reads a Hugging Face folder: config.json and model.safetensors, sharded
// or not. mode says whether the base itself is trained. The loading ends when ctx
// does, and so does all that is computed with the model.
func Open(ctx context.Context, b kernel.Backend, dir string, mode graph.Mode) (*Model, error) {
	if err := alone(dir); err != nil {
		return nil, err
	}
	config, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	weights, err := checkpoint.Open(dir)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	names, err := untie(weights, &config, dir)
	if err != nil {
		return nil, err
	}
	if err := fits(weights, config, names); err != nil {
		return nil, err
	}
	m, err := build(b, config, mode)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	m.params.Until(ctx)
	if err := m.upload(ctx, weights, dir, names); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// FileNames are the files that Open reads of a folder: what the model is.
func FileNames(dir string) ([]string, error) {
	if _, err := readConfigFile(dir); err != nil {
		return nil, err
	}
	weights, err := checkpoint.FileNames(dir)
	return append([]string{ConfigName}, weights...), err
}

// Look reads the configuration of a model folder and the headers of its weights:
// what Open refuses before it reads the weights themselves.
func Look(dir string) (Config, error) {
	if err := alone(dir); err != nil {
		return Config{}, err
	}
	config, err := ReadConfig(dir)
	if err != nil {
		return Config{}, err
	}
	weights, err := checkpoint.Open(dir)
	if err != nil {
		return Config{}, err
	}
	defer weights.Close()
	if config.TieWordEmbeddings { // which of its tensors are read shows when they are
		return config, nil
	}
	if _, err := untie(weights, &config, dir); err != nil {
		return Config{}, err
	}
	return config, fits(weights, config, nil)
}

// fits compares the sizes of a configuration with the file before memory is taken
// for them: a damaged configuration may ask for any amount.
func fits(weights *checkpoint.Weights, c Config, names tensorNames) error {
	last := fmt.Sprintf("model.layers.%d.", c.NumHiddenLayers-1)
	heads, kv := c.NumAttentionHeads*c.HeadDim, c.NumKeyValueHeads*c.HeadDim
	for _, t := range []struct {
		name  string
		shape []int
	}{
		{embedName, []int{c.VocabSize, c.HiddenSize}},
		{last + "self_attn.q_proj.weight", []int{heads, c.HiddenSize}},
		{last + "self_attn.k_proj.weight", []int{kv, c.HiddenSize}},
		{last + "mlp.gate_proj.weight", []int{c.IntermediateSize, c.HiddenSize}},
	} {
		if err := weights.View(names.in(t.name), t.shape, func(kernel.Host) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// upload demands that every tensor of the file has a place, and every place a
// tensor: a weight left out would be noticed by nobody.
func (m *Model) upload(ctx context.Context, weights *checkpoint.Weights, dir string, names tensorNames) error {
	placed := map[string]bool{}
	for _, t := range m.tensors {
		name := names.in(t.param.Name())
		placed[name] = true
		if err := weights.ViewFinite(ctx, name, t.param.Shape(), t.param.Upload); err != nil {
			return err
		}
	}
	for _, name := range weights.Names() {
		redundant := strings.HasSuffix(name, ".rotary_emb.inv_freq") || name == headName && m.config.TieWordEmbeddings
		if !placed[name] && !redundant {
			return exit.Errorf(exit.BadData, "%s: tensor %q has no place in a LLaMA of this %s", dir, name, ConfigName)
		}
	}
	return nil
}
