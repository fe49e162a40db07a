package peft

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/random"
)

// filePrefix stands before a module's name in PEFT's file.
const filePrefix = "base_model.model."

// Layer is a linear layer of the base model that an adapter may target.
type Layer struct {
	Name    string // "model.layers.0.self_attn.q_proj"
	In, Out int
}

// Base is what an adapter must know of the model under it.
type Base struct {
	Layers []Layer
	Hidden int // columns of a head
	// InitializerRange is the standard deviation of a new head's values.
	InitializerRange float64
}

// Adapter is a LoRA adapter whose tensors are parameters of a set.
type Adapter struct {
	Config Config
	// Score is the classification head [labels, hidden], nil without one.
	Score *graph.Param

	name   string
	pairs  map[string]graph.LowRank // by layer
	tensor []tensor                 // in order of layers, A before B, then the head
}

type tensor struct {
	file  string // its name in PEFT's file
	param *graph.Param
	value func(seed int64) []float32 // initial values
}

// New adds an adapter of initial values drawn from seed to params: A uniform as
// PEFT draws it, B zero, so that the model computes what it did before. labels
// counts the rows of the head; it is not used without one. name tells several
// adapters of a model apart.
func New(params *graph.Params, name string, c Config, base Base, labels int, seed int64) (*Adapter, error) {
	a, err := build(params, name, c, base, labels, graph.Trainable)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "adapter %s: %w", name, err)
	}
	for _, t := range a.tensor {
		if err := t.param.Upload(kernel.F32s(t.value(seed))); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Load adds the adapter of a folder to params.
func Load(ctx context.Context, params *graph.Params, name, dir string, base Base, mode graph.Mode) (*Adapter, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, WeightsName)
	weights, err := openWeights(path)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	labels := 0
	if shape, ok := weights.Shape(filePrefix + scoreModule + ".weight"); ok && len(shape) == 2 {
		labels = shape[0]
	} else if c.Score {
		return nil, exit.Errorf(exit.BadData, "%s: has no matrix %q, and %s lists %s under modules_to_save; save the adapter again by save_pretrained", path, filePrefix+scoreModule+".weight", ConfigName, scoreModule)
	}
	a, err := build(params, name, c, base, labels, mode)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", dir, err)
	}
	return a, a.upload(ctx, weights, path)
}

// upload demands that the file holds the adapter's tensors and no other, all of
// finite values.
func (a *Adapter) upload(ctx context.Context, weights *checkpoint.Weights, path string) error {
	placed := map[string]bool{}
	for _, t := range a.tensor {
		placed[t.file] = true
		if err := weights.ViewFinite(ctx, t.file, t.param.Shape(), t.param.Upload); err != nil {
			return err
		}
	}
	for _, name := range weights.Names() {
		if !placed[name] {
			return exit.Errorf(exit.BadData, "%s: tensor %q has no place in this model; does target_modules name its layer, or was the adapter made for another base?", path, name)
		}
	}
	return nil
}

func build(params *graph.Params, name string, c Config, base Base, labels int, mode graph.Mode) (*Adapter, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	a := &Adapter{Config: c, name: name, pairs: map[string]graph.LowRank{}}
	layers, err := targets(c.TargetModules, base.Layers)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		a.addPair(params, l, mode)
	}
	if c.Score {
		if labels < 1 {
			return nil, fmt.Errorf("the %s head needs at least one label", scoreModule)
		}
		a.Score = a.add(params, scoreModule+".weight", mode, []int{labels, base.Hidden}, func(s random.Stream, n int) []float32 {
			return s.Normals(n, base.InitializerRange)
		})
	}
	return a, params.Err()
}

// targets are the layers whose names end in one of the given names, as PEFT
// matches them.
func targets(names []string, layers []Layer) ([]Layer, error) {
	for _, name := range names {
		if !slices.ContainsFunc(layers, func(l Layer) bool { return matches(l.Name, name) }) {
			return nil, fmt.Errorf("target_modules: the model has no linear layer %q that can be adapted", name)
		}
	}
	return slices.DeleteFunc(slices.Clone(layers), func(l Layer) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return matches(l.Name, name) })
	}), nil
}

func matches(layer, name string) bool { return layer == name || strings.HasSuffix(layer, "."+name) }

func (a *Adapter) addPair(params *graph.Params, l Layer, mode graph.Mode) {
	r := a.Config.R
	// PEFT draws A by torch's kaiming_uniform_(a=√5): the bound √(6/((1+a²)·in))
	// is 1/√in.
	down := a.add(params, l.Name+".lora_A.weight", mode, []int{r, l.In}, func(s random.Stream, n int) []float32 {
		return s.Uniforms(n, 1/math.Sqrt(float64(l.In)))
	})
	up := a.add(params, l.Name+".lora_B.weight", mode, []int{l.Out, r}, func(_ random.Stream, n int) []float32 {
		return make([]float32, n)
	})
	a.pairs[l.Name] = graph.LowRank{A: down, B: up, Scale: a.Config.Scale(), Dropout: a.Config.LoraDropout}
}

func (a *Adapter) add(params *graph.Params, module string, mode graph.Mode, shape []int, draw func(random.Stream, int) []float32) *graph.Param {
	file := filePrefix + module
	p := params.Add(a.name+"/"+file, mode, shape...)
	a.tensor = append(a.tensor, tensor{file, p, func(seed int64) []float32 {
		return draw(random.New(seed, p.Name()), p.Len())
	}})
	return p
}

// Pair returns the update of a layer and whether there is one.
func (a *Adapter) Pair(layer string) (graph.LowRank, bool) {
	pair, ok := a.pairs[layer]
	return pair, ok
}

// Files are the adapter's files with its present values.
func (a *Adapter) Files() []checkpoint.File {
	return []checkpoint.File{{Name: ConfigName, Write: a.Config.Write}, {Name: WeightsName, Write: a.write}}
}

func (a *Adapter) write(w io.Writer) error {
	tensors := map[string]checkpoint.Tensor{}
	for _, t := range a.tensor {
		values := make([]float32, t.param.Len())
		if err := t.param.Download(kernel.F32s(values)); err != nil {
			return err
		}
		tensors[t.file] = checkpoint.Tensor{Shape: t.param.Shape(), Values: values}
	}
	return checkpoint.Write(w, tensors)
}
