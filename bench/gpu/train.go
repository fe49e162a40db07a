package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// trainer takes optimizer steps of a model with an adapter on rows of full length.
type trainer struct {
	model   *model.Model
	machine *graph.Machine
	lengths []int32
	rate    float64
	n       int // steps taken
}

// newTrainer compiles the model's step. It closes the model where that fails.
func newTrainer(m *model.Model, s check.Shape, rate float64) (*trainer, error) {
	t := &trainer{model: m, rate: rate, lengths: slices.Repeat([]int32{int32(s.Seq)}, s.Batch)}
	g, err := m.Graph(graph.Options{Batch: s.Batch, Seq: s.Seq, Training: true, Checkpointing: s.Checkpointing})
	if err == nil {
		g.Backward(m.LMLoss(g))
		t.machine, err = g.Compile()
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return t, nil
}

// step is one whole optimizer step: when it returns, the card is done.
func (t *trainer) step(ids []int32) (loss float64, err error) {
	params := t.model.Params()
	params.ZeroGrad()
	r, err := t.machine.Run(graph.Batch{InputIDs: ids, Lengths: t.lengths})
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

// sketch is a trainer of a shape's model with random weights that the card drew.
func sketch(b kernel.Backend, s check.Shape) (*trainer, error) {
	m, err := model.Sketch(b, config(s))
	if err != nil {
		return nil, err
	}
	if _, err := m.AddAdapter("bench", lora, 0, 1); err != nil {
		m.Close()
		return nil, err
	}
	return newTrainer(m, s, 1e-4)
}

// timing is what the steps of a shape took.
type timing struct {
	step   float64 // seconds, the median
	update float64 // seconds of clearing the gradients and of the optimizer alone
	memory int64   // bytes in use on the card after the steps, the driver's own too
}

// timeSteps times whole steps over one random batch.
func timeSteps(b kernel.Backend, s check.Shape, c counts) (m timing, err error) {
	t, err := sketch(b, s)
	if err != nil {
		return m, err
	}
	defer t.close()
	random, ids := rand.New(rand.NewPCG(1, 1)), make([]int32, s.Batch*s.Seq)
	for i := range ids {
		ids[i] = random.Int32N(int32(s.Vocabulary))
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
