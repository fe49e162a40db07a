package adapter

import (
	"context"
	"io"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
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
	from      *checkpoint.Weights // that the values come from; nil for a new adapter
	err       error               // the first tensor that from has not
	list      []tensor            // of the file, in the order they were added
	training  []tensor            // trained and not in the file
	computed  []computed
	redundant func(tensor string) bool
}

type tensor struct {
	file  string // its name in PEFT's file
	param *graph.Param
	draw  Draw
}

// computed is a tensor of the file that is computed of what is trained.
type computed struct {
	file string
	of   func(g *graph.Graph) *graph.Node
}

// Draw gives n initial values of a new parameter.
type Draw func(s random.Stream, n int) ([]float32, error)

// Zeros are initial values of zero.
func Zeros(_ random.Stream, n int) ([]float32, error) { return make([]float32, n), nil }

// Normal draws values of mean zero and that standard deviation.
func Normal(deviation float64) Draw {
	return func(s random.Stream, n int) ([]float32, error) { return s.Normals(n, deviation), nil }
}

// Uniform draws values within ±bound.
func Uniform(bound float64) Draw {
	return func(s random.Stream, n int) ([]float32, error) { return s.Uniforms(n, bound), nil }
}

// Mode says whether the adapter's parameters are trained.
func (t *Tensors) Mode() graph.Mode { return t.mode }

// Saved says whether the adapter is one of a file, not a new one.
func (t *Tensors) Saved() bool { return t.from != nil }

// Add makes a parameter that is called name in adapter_model.safetensors. One that the
// file has in no such shape takes no memory: a configuration may ask for any size.
func (t *Tensors) Add(name string, draw Draw, shape ...int) *graph.Param {
	if t.from != nil && t.err == nil {
		t.err = t.from.Demand(name, shape)
	}
	if t.err != nil {
		shape = slices.Repeat([]int{1}, len(shape))
	}
	p := t.params.Add(t.adapter+"/"+name, t.mode, shape...)
	t.list = append(t.list, tensor{file: name, param: p, draw: draw})
	return p
}

// Copy makes a parameter that stands for one of the base, and begins as it is.
func (t *Tensors) Copy(name string, of *graph.Param) {
	of.Replace(t.Add(name, func(random.Stream, int) ([]float32, error) { return of.Values() }, of.Shape()...))
}

// Redundant says which tensors of a file, beside those added, nothing is computed with.
func (t *Tensors) Redundant(is func(tensor string) bool) { t.redundant = is }

// AddForTraining makes a parameter that PEFT does not save: an encoder's, of which the
// file has the output. See Compute.
func (t *Tensors) AddForTraining(name string, draw Draw, shape ...int) *graph.Param {
	p := t.params.Add(t.adapter+"/"+name, t.mode, shape...)
	t.training = append(t.training, tensor{name, p, draw})
	return p
}

// Compute has the file hold, as name, what of computes of the adapter's parameters.
func (t *Tensors) Compute(name string, of func(g *graph.Graph) *graph.Node) {
	t.computed = append(t.computed, computed{name, of})
}

// Evaluate is what of computes of parameters alone, the base's too.
func (t *Tensors) Evaluate(of func(g *graph.Graph) *graph.Node) ([]float32, error) {
	values, _, err := t.params.Evaluate(of)
	return values, err
}

// initialise draws the values of a new adapter.
func (t *Tensors) initialise(seed int64) error {
	for _, t := range slices.Concat(t.list, t.training) {
		values, err := t.draw(random.New(seed, t.param.Name()), t.param.Len())
		if err != nil {
			return err
		}
		if err := t.param.Upload(kernel.F32s(values)); err != nil {
			return err
		}
	}
	return nil
}

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
	for _, c := range t.computed {
		values, shape, err := t.params.Evaluate(c.of)
		if err != nil {
			return err
		}
		tensors[c.file] = checkpoint.Tensor{Shape: shape, Values: values}
	}
	return checkpoint.Write(w, tensors)
}
