// Package lora adapts linear layers by low-rank updates (Hu et al. 2021,
// arXiv:2106.09685): y + scale · dropout(x)·Aᵀ·Bᵀ, the scale being alpha/r, or alpha/√r
// with use_rslora (Kalajdzievski 2023, arXiv:2312.03732).
package lora

import (
	"errors"
	"fmt"
	"math"
	"slices"

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
	adapter.Register[Settings](adapter.Kind{PEFTType: PEFTType, Types: []string{Type, None}, Prefix: "base_model.model.", Copies: true, Read: read})
}

// The biases of the base that are trained along: see Config.Bias.
const (
	biasNone     = "none"
	biasAll      = "all"
	biasLoraOnly = "lora_only"
)

// The draws of a new adapter's values: see Config.Init.
const (
	initGaussian = "gaussian"
	initFalse    = "false"
)

// Config is a LoRA's configuration, with the names of PEFT's LoraConfig.
type Config struct {
	R           int     // rank
	LoraAlpha   float64 // of the scale
	LoraDropout float64 // on the update's input, while training
	// TargetModules are the ends of linear layers' names. Without them, and without a
	// TargetPattern, those that PEFT takes for the model_type.
	TargetModules []string
	// TargetPattern stands for TargetModules: a regular expression for whole names,
	// AllLinear or NoModules.
	TargetPattern     string
	ExcludeModules    []string // ends of names of layers that are left as they are
	ExcludePattern    string   // stands for ExcludeModules: a regular expression
	LayersToTransform []int    // numbers of the model's layers, from 0; none: all
	LayersPattern     []string // what stands before a layer's number; none: anything
	Bias              string   // biases that are trained: none (as ""), all, lora_only
	UseRSLoRA         bool
	RankPattern       Patterns[int]     // ranks of some layers
	AlphaPattern      Patterns[float64] // alphas of some layers
	Init              string            // init_lora_weights: true (as ""), gaussian or false
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
	case slices.ContainsFunc(c.RankPattern, func(p Pattern[int]) bool { return p.Value < 1 }):
		return errors.New("rank_pattern: a rank must be at least 1")
	case !finite(c.LoraAlpha):
		return errors.New("lora_alpha: must be a finite number")
	case !(c.LoraDropout >= 0 && c.LoraDropout < 1):
		return fmt.Errorf("lora_dropout: is %g, must be in [0, 1)", c.LoraDropout)
	case c.TargetPattern == NoModules && !head:
		return errors.New("target_modules: must name at least one layer where no head is saved")
	case !slices.Contains([]string{"", biasNone, biasAll, biasLoraOnly}, c.Bias):
		return fmt.Errorf("bias: is %q, must be %s, %s or %s", c.Bias, biasNone, biasAll, biasLoraOnly)
	}
	return c.checkLayers()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Build implements adapter.MethodConfig.
func (c Config) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	layers, err := c.targets(base)
	if err != nil {
		return nil, err
	}
	m := &method{updates: map[string]graph.LowRank{}}
	for _, l := range layers {
		if m.updates[l.Name], err = c.update(t, l); err != nil {
			return nil, err
		}
	}
	c.trainBiases(t, base, layers)
	return m, nil
}

// update makes a layer's matrices. B is zero, so that the model computes what it did
// before, unless the adapter is asked to begin otherwise.
func (c Config) update(t *adapter.Tensors, l adapter.Layer) (graph.LowRank, error) {
	r, err := c.RankPattern.of(l.Name, c.R)
	if err != nil {
		return graph.LowRank{}, fmt.Errorf("rank_pattern: %w", err)
	}
	alpha, err := c.AlphaPattern.of(l.Name, c.LoraAlpha)
	if err != nil {
		return graph.LowRank{}, fmt.Errorf("alpha_pattern: %w", err)
	}
	down, up := c.draws(r, l.In)
	scale := alpha / float64(r)
	if c.UseRSLoRA {
		scale = alpha / math.Sqrt(float64(r))
	}
	return graph.LowRank{
		A:     t.Add(t.Prefix+l.Name+".lora_A.weight", down, r, l.In),
		B:     t.Add(t.Prefix+l.Name+".lora_B.weight", up, l.Out, r),
		Scale: scale, Dropout: c.LoraDropout,
	}, nil
}

// draws are how PEFT draws A [r, in] and B [out, r] (LoraLayer.reset_lora_parameters). A is
// torch's kaiming_uniform_(a=√5), whose bound √(6/((1+a²)·columns)) is 1/√columns; so are
// both with init_lora_weights false, which leaves them as torch.nn.Linear made them.
func (c Config) draws(r, in int) (down, up adapter.Draw) {
	kaiming := func(columns int) adapter.Draw { return adapter.Uniform(1 / math.Sqrt(float64(columns))) }
	switch c.Init {
	case initGaussian:
		return adapter.Normal(1 / float64(r)), adapter.Zeros
	case initFalse:
		return kaiming(in), kaiming(r)
	default:
		return kaiming(in), adapter.Zeros
	}
}

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
