package main

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
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

// learnt trains the model of the files as the peer did, and compares every loss.
func (r *report) learnt(b kernel.Backend, s size, dir string, theirs []float64) error {
	say("a curve of %d losses", s.steps)
	ours, err := s.learn(b, dir)
	if err != nil {
		return err
	}
	last := len(ours) - 1
	r.Curve = curve{Steps: s.steps, First: ours[0], Last: ours[last]}
	r.verdict("the loss falls", ours[last]/ours[0], falls, "")
	if len(theirs) != len(ours) {
		return nil
	}
	far, at := 0.0, 0
	for i := range ours {
		if d := math.Abs(ours[i]-theirs[i]) / theirs[i]; !(d <= far) {
			far, at = d, i
		}
	}
	r.Curve.PEFTFirst, r.Curve.PEFTLast, r.Curve.Difference = &theirs[0], &theirs[last], finite(far)
	r.verdict("losses beside PEFT's", far, apart, fmt.Sprintf("step %d: %.4f, PEFT %.4f", at+1, ours[at], theirs[at]))
	return nil
}

// learn returns the losses of the files' model on the card.
func (s size) learn(b kernel.Backend, dir string) (losses []float64, err error) {
	m, err := model.Open(b, filepath.Join(dir, baseFolder), graph.Frozen)
	if err != nil {
		return nil, err
	}
	if _, err := m.LoadAdapter("curve", filepath.Join(dir, adapterFolder), graph.Trainable); err != nil {
		m.Close()
		return nil, err
	}
	t, err := newTrainer(m, s.curve, s.rate)
	if err != nil {
		return nil, err
	}
	defer t.close()
	for step := range s.steps {
		var ids []int32
		for row := range s.curve.Batch {
			ids = append(ids, sentence(s.curve, step, row)...)
		}
		loss, err := t.step(ids)
		if err != nil {
			return nil, err
		}
		losses = append(losses, loss)
	}
	return losses, nil
}
