package check

import (
	"errors"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// Curve trains for some steps and returns the losses.
func Curve(b kernel.Backend, s Shape, loss Loss, steps int) ([]float64, error) {
	t, err := newTrainer(b, s, loss, 3)
	if err != nil {
		return nil, err
	}
	defer t.close()
	return t.steps(1, steps)
}

func (t *trainer) steps(from, to int) (losses []float64, err error) {
	for step := from; step <= to; step++ {
		l, err := t.learn(step)
		if err != nil {
			return losses, err
		}
		losses = append(losses, l)
	}
	return losses, nil
}

// saved is what a training checkpoint holds of a parameter.
type saved struct{ value, m, v []float32 }

// Resume fails where a run that is stopped, saved and gone on with in a new model has
// other losses than one that is not stopped.
func Resume(b kernel.Backend, s Shape, steps int) error {
	whole, err := Curve(b, s, LanguageModel, steps)
	if err != nil {
		return err
	}
	first, err := newTrainer(b, s, LanguageModel, 3)
	if err != nil {
		return err
	}
	begun, errBegun := first.steps(1, steps/2)
	state, errSave := first.save()
	first.close()
	second, errOpen := newTrainer(b, s, LanguageModel, 3)
	if err := errors.Join(errBegun, errSave, errOpen); err != nil {
		return err
	}
	defer second.close()
	if err := second.restore(state); err != nil {
		return err
	}
	rest, err := second.steps(steps/2+1, steps)
	if err == nil && !slices.Equal(append(begun, rest...), whole) {
		err = fmt.Errorf("losses %v of a resumed run, %v of one that was not stopped", append(begun, rest...), whole)
	}
	return err
}

func (t *trainer) save() (state []saved, err error) {
	for _, p := range t.model.Params().Trainable() {
		s := saved{make([]float32, p.Len()), make([]float32, p.Len()), make([]float32, p.Len())}
		err = errors.Join(err, p.Download(kernel.F32s(s.value)), p.DownloadMoments(kernel.F32s(s.m), kernel.F32s(s.v)))
		state = append(state, s)
	}
	return state, err
}

func (t *trainer) restore(state []saved) (err error) {
	for i, p := range t.model.Params().Trainable() {
		s := state[i]
		err = errors.Join(err, p.Upload(kernel.F32s(s.value)), p.UploadMoments(kernel.F32s(s.m), kernel.F32s(s.v)))
	}
	return err
}

// TooMuch asks for a model of which one layer's numbers take twice the card's memory: the
// device has to refuse it by kernel.ErrMemory, and to compute as before afterwards.
func TooMuch(b kernel.Backend, s Shape) error {
	before, err := Curve(b, s, LanguageModel, 2)
	if err != nil {
		return err
	}
	_, total, err := b.(kernel.Card).Memory()
	if err != nil {
		return err
	}
	if err := refused(b, wide(2*int(total)/b.Float().Size())); err != nil {
		return err
	}
	after, err := Curve(b, s, LanguageModel, 2)
	if err == nil && !slices.Equal(before, after) {
		err = fmt.Errorf("losses %v after memory ran out, %v before", after, before)
	}
	return err
}

// wide is a shape with so many elements in a layer: few tokens and narrow weights, which
// take a thousandth of that, and next to nothing on the host.
func wide(elements int) Shape {
	s := Shape{Hidden: 2, Layers: 1, Heads: 1, KVHeads: 1, Vocabulary: 3, Batch: 64, Seq: 128}
	s.Intermediate = elements / (s.Batch * s.Seq)
	return s
}

func refused(b kernel.Backend, s Shape) error {
	m, err := llama.Sketch(b, s.Config())
	if err != nil {
		return err
	}
	defer m.Close()
	g, err := m.Graph(graph.Options{Batch: s.Batch, Seq: s.Seq})
	if err != nil {
		return err
	}
	defer g.Close()
	if _, err := m.LMLoss(g); err != nil {
		return err
	}
	if _, err = g.Compile(); !errors.Is(err, kernel.ErrMemory) {
		return fmt.Errorf("%d × %d tokens through a layer of %d columns were not refused for their memory: %w", s.Batch, s.Seq, s.Intermediate, err)
	}
	return nil
}
