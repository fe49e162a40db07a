package check

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// adapterName begins the names of the adapter's parameters.
const adapterName = "check"

// trainer is a model that learns on one backend.
type trainer struct {
	model   *model.Model
	machine *graph.Machine
	shape   Shape
}

// newTrainer makes a model of random weights. B of its adapter is not zero as in a new
// one, which would hide A's gradient.
func newTrainer(b kernel.Backend, s Shape, loss Loss, seed int64) (*trainer, error) {
	m, err := s.random(b, seed)
	if err != nil {
		return nil, err
	}
	t := &trainer{model: m, shape: s}
	if err := t.prepare(loss, seed); err != nil {
		m.Close()
		return nil, err
	}
	return t, nil
}

func (t *trainer) prepare(loss Loss, seed int64) (err error) {
	if _, err := t.model.AddAdapter(adapterName, t.shape.adapter(loss), t.shape.Labels, seed); err != nil {
		return err
	}
	if err := t.round(seed); err != nil {
		return err
	}
	t.machine, err = t.compile(loss, uint64(seed))
	return err
}

// round gives every parameter values that bf16 has, those of the adapter new ones.
func (t *trainer) round(seed int64) error {
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	for _, p := range t.model.Params().All() {
		values := make([]float64, p.Len())
		if err := p.Download(kernel.F64s(values)); err != nil {
			return err
		}
		for i, v := range values {
			if strings.HasPrefix(p.Name(), adapterName+"/") {
				v = 0.1 * random.NormFloat64()
			}
			values[i] = rounded(v)
		}
		if err := p.Upload(kernel.F64s(values)); err != nil {
			return err
		}
	}
	return nil
}

func (t *trainer) compile(loss Loss, seed uint64) (*graph.Machine, error) {
	s := t.shape
	g, err := t.model.Graph(graph.Options{Batch: s.Batch, Seq: s.Seq, Training: true, Seed: seed, Checkpointing: s.Checkpointing, Packed: s.Packed, Positioned: s.Packed})
	if err != nil {
		return nil, err
	}
	node, err := t.loss(g, loss)
	if err != nil {
		return nil, err
	}
	g.Backward(node)
	machine, err := g.Compile()
	if err != nil {
		g.Close()
	}
	return machine, err
}

func (t *trainer) loss(g *graph.Graph, loss Loss) (*graph.Node, error) {
	if loss == LanguageModel {
		return t.model.LMLoss(g)
	}
	logits, err := t.model.ClassLogits(g)
	switch {
	case err != nil:
		return nil, err
	case loss == OneOfLabels:
		return g.CrossEntropy(logits, nil), nil
	default:
		return g.SigmoidCrossEntropy(logits), nil
	}
}

func (t *trainer) close() {
	t.machine.Close()
	t.model.Close()
}

// learn is one whole optimizer step.
func (t *trainer) learn(step int) (loss float64, err error) {
	t.model.Params().ZeroGrad()
	r, err := t.machine.Run(t.shape.batch(step))
	if err != nil {
		return 0, fmt.Errorf("step %d: %w", step, err)
	}
	adam := kernel.Adam{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Step: step}
	return r.Loss, t.model.Params().AdamW(adam, 1)
}

// gradients are those of one batch, all parameters after one another.
func (t *trainer) gradients(step int) (loss float64, all []float64, err error) {
	t.model.Params().ZeroGrad()
	r, err := t.machine.Run(t.shape.batch(step))
	for _, p := range t.model.Params().Trainable() {
		g := make([]float64, p.Len())
		err = errors.Join(err, p.DownloadGrad(kernel.F64s(g)))
		all = append(all, g...)
	}
	return r.Loss, all, err
}
