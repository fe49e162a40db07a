package model

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/peft"
	"github.com/clinflow/clinflow/stages/train/random"
)

// Model is a LLaMA with its adapters: parameters on a backend, from which graphs
// of any shape are built. It is used by one goroutine at a time.
type Model struct {
	config   Config
	params   *graph.Params
	tensors  []tensor // of the base, in order of use
	embed    *graph.Param
	layers   []layer
	norm     *graph.Param
	head     *graph.Param // embed where they are tied
	adapters []*peft.Adapter
}

type tensor struct {
	param *graph.Param
	ones  bool // a norm's initial weight
}

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
	names := tensorNames{}
	if config.TieWordEmbeddings {
		if names, err = untie(weights, &config, dir); err != nil {
			return nil, err
		}
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
	return config, fits(weights, config, nil)
}

// New makes a model to be trained from scratch: weights normal with standard
// deviation InitializerRange, norms one, as transformers initialises LLaMA.
func New(b kernel.Backend, config Config, seed int64) (*Model, error) {
	return Random(b, config, graph.Trainable, seed)
}

// Random is New with a mode: a frozen one stands for a base model in checks.
func Random(b kernel.Backend, config Config, mode graph.Mode, seed int64) (*Model, error) {
	return made(b, config, mode, func(_ int, p *graph.Param) error {
		return p.Upload(kernel.F32s(random.New(seed, p.Name()).Normals(p.Len(), config.InitializerRange)))
	})
}

// Sketch is a frozen model whose weights the device draws by itself, for the time and
// the memory that a model of that size takes.
func Sketch(b kernel.Backend, config Config) (*Model, error) {
	return made(b, config, graph.Frozen, func(i int, p *graph.Param) error {
		return p.Draw(1, uint32(i), config.InitializerRange)
	})
}

// made makes a model whose weights draw sets; norms are one.
func made(b kernel.Backend, config Config, mode graph.Mode, draw func(i int, p *graph.Param) error) (*Model, error) {
	if err := config.Check(); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	m, err := build(b, config, mode)
	if err != nil {
		return nil, err
	}
	for i, t := range m.tensors {
		set := func() error { return draw(i, t.param) }
		if t.ones {
			set = func() error { return t.param.Upload(kernel.F32s(slices.Repeat([]float32{1}, t.param.Len()))) }
		}
		if err := set(); err != nil {
			m.Close()
			return nil, err
		}
	}
	return m, nil
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

// Close frees the parameters and all that was computed with them.
func (m *Model) Close() { m.params.Close() }

// Config returns the configuration.
func (m *Model) Config() Config { return m.config }

// Params returns the parameters of base and adapters. Those of the base have
// Hugging Face's names, an adapter's its own name and a slash before PEFT's.
func (m *Model) Params() *graph.Params { return m.params }

// Files are the base's files with its present values: a Hugging Face folder.
func (m *Model) Files() []checkpoint.File {
	return []checkpoint.File{{Name: ConfigName, Write: m.config.Write}, {Name: checkpoint.SafetensorsName, Write: m.write}}
}

func (m *Model) write(w io.Writer) error {
	tensors := map[string]checkpoint.Tensor{}
	for _, t := range m.tensors {
		values := make([]float32, t.param.Len())
		if err := t.param.Download(kernel.F32s(values)); err != nil {
			return err
		}
		tensors[t.param.Name()] = checkpoint.Tensor{Shape: t.param.Shape(), Values: values}
	}
	return checkpoint.Write(w, tensors)
}

// LoadAdapter adds the PEFT adapter of a folder beside those the model has:
// their updates add up. name tells them apart.
func (m *Model) LoadAdapter(ctx context.Context, name, dir string, mode graph.Mode) (*peft.Adapter, error) {
	a, err := peft.Load(ctx, m.params, name, dir, m.base(), mode)
	if err != nil {
		return nil, err
	}
	return a, m.attach(a, filepath.Clean(dir))
}

// AddAdapter adds a new trainable adapter with initial values drawn from seed;
// labels counts the rows of its head, where it has one.
func (m *Model) AddAdapter(name string, c peft.Config, labels int, seed int64) (*peft.Adapter, error) {
	a, err := peft.New(m.params, name, c, m.base(), labels, seed)
	if err != nil {
		return nil, err
	}
	return a, m.attach(a, name)
}

func (m *Model) attach(a *peft.Adapter, place string) error {
	if a.Score != nil && m.score() != nil {
		return exit.Errorf(exit.Usage, "adapter %s: the model has a classification head already; give one adapter with a head", place)
	}
	m.adapters = append(m.adapters, a)
	return nil
}

// score is the classification head, nil without one.
func (m *Model) score() *graph.Param {
	for _, a := range m.adapters {
		if a.Score != nil {
			return a.Score
		}
	}
	return nil
}

var errNoHead = errors.New("the model has no classification head; add an adapter that has one")
