package model

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"

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
