package adapter

import (
	"context"
	"io"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/random"
)

// Head is a classification head: a linear layer over what a model has pooled of a text.
type Head struct {
	Weight *graph.Param // [labels, hidden]
	Bias   *graph.Param // [labels], nil where the model's class has none
}

func newHead(t *Tensors, base Base, labels int) *Head {
	module := t.Prefix + base.Head.Name
	h := &Head{Weight: t.Add(module+".weight", Normal(base.InitializerRange), labels, base.Hidden)}
	if base.Head.Bias {
		h.Bias = t.Add(module+".bias", Zeros, labels)
	}
	return h
}

// Logits are the labels' scores of pooled [batch, hidden]: [batch, labels].
func (h *Head) Logits(g *graph.Graph, pooled *graph.Node) *graph.Node {
	return g.Linear(pooled, h.Weight, h.Bias)
}

// Has says whether p is a parameter of the head.
func (h *Head) Has(p *graph.Param) bool { return h != nil && (p == h.Weight || p == h.Bias) }

// Tensors makes an adapter's parameters and keeps what they are called in its file.
type Tensors struct {
	Prefix    string // stands before the names of the base's modules in the file
	params    *graph.Params
	adapter   string
	mode      graph.Mode
	list      []tensor // in the order they were added
	redundant func(tensor string) bool
}

type tensor struct {
	file  string // its name in PEFT's file
	param *graph.Param
	draw  Draw
	of    *graph.Param // the base's, which it is a copy of; nil: it is drawn
}

// initial are the values that a new adapter begins with.
func (t tensor) initial(seed int64) ([]float32, error) {
	if t.of != nil {
		return t.of.Values()
	}
	return t.draw(random.New(seed, t.param.Name()), t.param.Len()), nil
}

// Draw gives n initial values of a new parameter.
type Draw func(s random.Stream, n int) []float32

// Zeros are initial values of zero.
func Zeros(_ random.Stream, n int) []float32 { return make([]float32, n) }

// Normal draws values of mean zero and that standard deviation.
func Normal(deviation float64) Draw {
	return func(s random.Stream, n int) []float32 { return s.Normals(n, deviation) }
}

// Uniform draws values within ±bound.
func Uniform(bound float64) Draw {
	return func(s random.Stream, n int) []float32 { return s.Uniforms(n, bound) }
}

// Add makes a parameter that is called name in adapter_model.safetensors.
func (t *Tensors) Add(name string, draw Draw, shape ...int) *graph.Param {
	p := t.params.Add(t.adapter+"/"+name, t.mode, shape...)
	t.list = append(t.list, tensor{file: name, param: p, draw: draw})
	return p
}

// Copy makes a parameter that stands for one of the base, and begins as it is.
func (t *Tensors) Copy(name string, of *graph.Param) {
	p := t.params.Add(t.adapter+"/"+name, t.mode, of.Shape()...)
	of.Replace(p)
	t.list = append(t.list, tensor{file: name, param: p, of: of})
}

// Redundant says which tensors of a file, beside those added, nothing is computed with.
func (t *Tensors) Redundant(is func(tensor string) bool) { t.redundant = is }

// upload demands that the file holds the adapter's tensors and no other, all of
// finite values.
func (t *Tensors) upload(ctx context.Context, weights *checkpoint.Weights, path string) error {
	placed := map[string]bool{}
	for _, t := range t.list {
		placed[t.file] = true
		if err := weights.ViewFinite(ctx, t.file, t.param.Shape(), t.param.Upload); err != nil {
			return err
		}
	}
	for _, name := range weights.Names() {
		if !placed[name] && (t.redundant == nil || !t.redundant(name)) {
			return exit.Errorf(exit.BadData, "%s: tensor %q has no place in this model; does target_modules name its layer, or was the adapter made for another base?", path, name)
		}
	}
	return nil
}

func (t *Tensors) write(w io.Writer) error {
	tensors := map[string]checkpoint.Tensor{}
	for _, t := range t.list {
		values, err := t.param.Values()
		if err != nil {
			return err
		}
		tensors[t.file] = checkpoint.Tensor{Shape: t.param.Shape(), Values: values}
	}
	return checkpoint.Write(w, tensors)
}
