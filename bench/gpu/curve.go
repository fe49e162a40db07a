package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
	"github.com/clinflow/clinflow/stages/train/model"
)

// curve are the ends of two curves of losses, and how far they are apart.
type curve struct {
	Steps      int      `json:"steps"`
	First      float64  `json:"first"`
	Last       float64  `json:"last"`
	PEFTFirst  *float64 `json:"peft_first"`
	PEFTLast   *float64 `json:"peft_last"`
	Difference *float64 `json:"largest_difference"` // as a share of PEFT's loss
}

// apart is how far a loss may be from PEFT's in bf16, which has three digits.
const apart = 2e-2

// falls is what the last loss may be of the first. Where nothing is learnt any two
// programs agree.
const falls = 0.9

// curve trains the model of the files as the peer does.
func (w *bench) curve() error {
	return w.open(cuda.Options{Float: kernel.BF16}, func(b kernel.Backend) error {
		ours, err := w.learn(b, w.inside)
		if err == nil {
			w.verdict("the loss falls", ours[len(ours)-1]/ours[0], falls, "")
			w.tell(finding{Losses: ours})
		}
		return err
	})
}

// learnt keeps the curve, and compares every loss with the peer's where there are both.
func (r *report) learnt(ours, theirs []float64) {
	last := len(ours) - 1
	if last < 0 {
		return
	}
	r.Curve = curve{Steps: len(ours), First: ours[0], Last: ours[last]}
	if len(theirs) != len(ours) {
		return
	}
	far, at := 0.0, 0
	for i := range ours {
		if d := math.Abs(ours[i]-theirs[i]) / theirs[i]; !(d <= far) {
			far, at = d, i
		}
	}
	r.Curve.PEFTFirst, r.Curve.PEFTLast, r.Curve.Difference = &theirs[0], &theirs[last], finite(far)
	r.check(within("losses beside PEFT's", far, apart, fmt.Sprintf("step %d: %.4f, PEFT %.4f", at+1, ours[at], theirs[at])))
}

// learn returns the losses of the files' model on the card.
func (s size) learn(b kernel.Backend, dir string) (losses []float64, err error) {
	m, err := model.Open(context.Background(), b, filepath.Join(dir, baseFolder), graph.Frozen)
	if err != nil {
		return nil, err
	}
	if _, err := m.LoadAdapter(context.Background(), "curve", filepath.Join(dir, adapterFolder), graph.Trainable); err != nil {
		m.Close()
		return nil, err
	}
	t, err := newTrainer(m, workload{Shape: s.learnt}, s.rate)
	if err != nil {
		return nil, err
	}
	defer t.close()
	for step := range s.steps {
		var ids []int32
		for row := range s.learnt.Batch {
			ids = append(ids, sentence(s.learnt, step, row)...)
		}
		loss, err := t.step(ids)
		if err != nil {
			return nil, err
		}
		losses = append(losses, loss)
	}
	return losses, nil
}
