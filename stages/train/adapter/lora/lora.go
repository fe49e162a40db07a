// Package lora adapts linear layers by low-rank updates (Hu et al. 2021,
// arXiv:2106.09685): y + alpha/r · dropout(x)·Aᵀ·Bᵀ.
package lora

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// PEFTType is the method's name in adapter_config.json.
const PEFTType = "LORA"

// The names of the method in a DAG file. A head alone is, as PEFT saves it, a LoRA that
// targets no layer.
const (
	Type = "lora"
	None = "none"
)

func init() {
	adapter.Register[Settings](adapter.Kind{PEFTType: PEFTType, Types: []string{Type, None}, Prefix: "base_model.model.", Read: read})
}

// Settings are the method's keys of `peft` in a DAG file.
type Settings struct {
	R             int      `json:"r" default:"8" min:"1" doc:"Rank of the update."`
	Alpha         float64  `json:"alpha" default:"16" doc:"The update is multiplied by alpha/r."`
	Dropout       float64  `json:"dropout" default:"0" min:"0" max:"1" doc:"Dropout on the input of the update."`
	TargetModules []string `json:"target_modules" default:"[\"q_proj\",\"v_proj\"]" doc:"Linear layers that get an update."`
}

// Method implements adapter.Settings.
func (s Settings) Method(name string) adapter.MethodConfig {
	c := Config{R: s.R, LoraAlpha: s.Alpha, LoraDropout: s.Dropout}
	if name != None {
		c.TargetModules = s.TargetModules
	}
	return c
}

// Config is a LoRA's configuration, with the names of PEFT's LoraConfig.
type Config struct {
	R             int      // rank
	LoraAlpha     float64  // the update is multiplied by LoraAlpha/R
	LoraDropout   float64  // on the update's input, while training
	TargetModules []string // ends of linear layers' names; none: a head alone
}

// Adapter is the configuration of an adapter for a task type.
func (c Config) Adapter(taskType string) adapter.Config {
	return adapter.Config{PEFTType: PEFTType, Method: c, TaskType: taskType}
}

// Check implements adapter.MethodConfig.
func (c Config) Check(head bool) error {
	switch {
	case c.R < 1:
		return fmt.Errorf("r: is %d, must be at least 1", c.R)
	case math.IsNaN(c.LoraAlpha) || math.IsInf(c.LoraAlpha, 0):
		return errors.New("lora_alpha: must be a finite number")
	case !(c.LoraDropout >= 0 && c.LoraDropout < 1):
		return fmt.Errorf("lora_dropout: is %g, must be in [0, 1)", c.LoraDropout)
	case len(c.TargetModules) == 0 && !head:
		return errors.New("target_modules: must name at least one layer where no head is saved")
	}
	return nil
}

// Build implements adapter.MethodConfig: A drawn uniformly as PEFT draws it, B zero, so
// that the model computes what it did before.
func (c Config) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	layers, err := targets(c.TargetModules, base.Layers)
	if err != nil {
		return nil, err
	}
	m := &method{updates: map[string]graph.LowRank{}}
	for _, l := range layers {
		// PEFT draws A by torch's kaiming_uniform_(a=√5): the bound √(6/((1+a²)·in))
		// is 1/√in.
		down := t.Add(t.Prefix+l.Name+".lora_A.weight", adapter.Uniform(1/math.Sqrt(float64(l.In))), c.R, l.In)
		up := t.Add(t.Prefix+l.Name+".lora_B.weight", adapter.Zeros, l.Out, c.R)
		m.updates[l.Name] = graph.LowRank{A: down, B: up, Scale: c.LoraAlpha / float64(c.R), Dropout: c.LoraDropout}
	}
	return m, nil
}

// targets are the layers whose names end in one of the given names, as PEFT
// matches them.
func targets(names []string, layers []adapter.Layer) ([]adapter.Layer, error) {
	for _, name := range names {
		if !slices.ContainsFunc(layers, func(l adapter.Layer) bool { return matches(l.Name, name) }) {
			return nil, fmt.Errorf("target_modules: the model has no linear layer %q that can be adapted", name)
		}
	}
	return slices.DeleteFunc(slices.Clone(layers), func(l adapter.Layer) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return matches(l.Name, name) })
	}), nil
}

func matches(layer, name string) bool { return layer == name || strings.HasSuffix(layer, "."+name) }

// method holds the updates by the names of their layers.
type method struct {
	adapter.Unchanged
	updates map[string]graph.LowRank
}

// Linear implements adapter.Method.
func (m *method) Linear(g *graph.Graph, l adapter.Layer, x, y *graph.Node) *graph.Node {
	if update, ok := m.updates[l.Name]; ok {
		return g.LoRA(x, y, update)
	}
	return y
}
