package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// trainer takes optimizer steps of a model with an adapter on rows of full length.
type trainer struct {
	model   *model.Model
	machine *graph.Machine
	lengths []int32
	labels  []int32 // of rows, where it learns classes
	rate    float64
	n       int // steps taken
}

// newTrainer compiles the model's step. It closes the model where that fails.
func newTrainer(m *model.Model, l workload, rate float64) (*trainer, error) {
	t := &trainer{model: m, rate: rate, lengths: slices.Repeat([]int32{int32(l.Seq)}, l.Batch)}
	if err := t.compile(l); err != nil {
		m.Close()
		return nil, err
	}
	return t, nil
}

func (t *trainer) compile(l workload) error {
	g, err := t.model.Graph(graph.Options{Batch: l.Batch, Seq: l.Seq, Training: true, Checkpointing: l.Checkpointing})
	if err != nil {
		return err
	}
	loss := t.model.LMLoss
	if l.Labels > 0 {
		t.labels = make([]int32, l.Batch)
		logits, err := t.model.ClassLogits(g)
		if err != nil {
			return err
		}
		loss = func(g *graph.Graph) (*graph.Node, error) { return g.CrossEntropy(logits, nil), nil }
	}
	node, err := loss(g)
	if err != nil {
		return err
	}
	g.Backward(node)
	t.machine, err = g.Compile()
	return err
}

// step is one whole optimizer step: when it returns, the card is done.
func (t *trainer) step(ids []int32) (loss float64, err error) {
	params := t.model.Params()
	params.ZeroGrad()
	r, err := t.machine.Run(graph.Batch{InputIDs: ids, Lengths: t.lengths, Labels: t.labels})
	if err != nil {
		return 0, fmt.Errorf("step %d: %w", t.n+1, err)
	}
	if math.IsNaN(r.Loss) {
		return 0, fmt.Errorf("step %d: the loss is not a number", t.n+1)
	}
	return r.Loss, t.update()
}

// update is AdamW with torch's defaults, and waits for the card.
func (t *trainer) update() error {
	t.n++
	params := t.model.Params()
	if err := params.AdamW(kernel.Adam{LR: t.rate, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: decay, Step: t.n}, 0); err != nil {
		return err
	}
	return params.Backend().Sync()
}

func (t *trainer) close() {
	t.machine.Close()
	t.model.Close()
}

// timing is what the steps of a shape took.
type timing struct {
	step   float64 // seconds, the median
	update float64 // seconds of clearing the gradients and of the optimizer alone
	memory int64   // bytes in use on the card after the steps, the driver's own too
}

// timeSteps times whole steps over one random batch.
func timeSteps(b kernel.Backend, l workload, dir string, c counts) (m timing, err error) {
	t, err := sketch(b, l, dir)
	if err != nil {
		return m, err
	}
	defer t.close()
	random, ids := rand.New(rand.NewPCG(1, 1)), make([]int32, l.Batch*l.Seq)
	for i := range ids {
		ids[i] = random.Int32N(int32(l.Vocabulary))
	}
	steps, err := c.times(func() error { _, err := t.step(ids); return err })
	if err != nil {
		return m, err
	}
	free, total, err := b.(kernel.Card).Memory()
	if err != nil {
		return m, err
	}
	updates, err := c.times(func() error { t.model.Params().ZeroGrad(); return t.update() })
	return timing{step: median(steps), update: median(updates), memory: total - free}, err
}

// step times a workload and tells of it.
func (w *bench) step(b kernel.Backend, m measured) error {
	say("steps of %v", m.Workload)
	var t timing
	var err error
	m.State, err = w.watch.during(func() (err error) { t, err = timeSteps(b, m.Workload, w.inside, w.ours); return err })
	if err == nil {
		m.Seconds, m.Memory = t.step, t.memory
		w.tell(finding{Shape: &m})
	}
	return err
}

// times are those of the calls of f in seconds, the shortest first, without those that
// warm up.
func (c counts) times(f func() error) ([]float64, error) {
	var taken []float64
	for i := range c.warm + c.timed {
		start := time.Now()
		if err := f(); err != nil {
			return nil, err
		}
		if i >= c.warm {
			taken = append(taken, time.Since(start).Seconds())
		}
	}
	slices.Sort(taken)
	return taken, nil
}

// median is the middle one of sorted times, 0 where there are none.
func median(sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}
