package main

import (
	"errors"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// terms times the first workload's step, and what it is made of.
func (w *bench) terms() error {
	return w.open(cuda.Options{Float: kernel.BF16}, func(b kernel.Backend) error {
		first := w.timed[0]
		whole, err := timeSteps(b, first, w.inside, w.ours)
		if err != nil {
			return err
		}
		k, err := newWork(b, first.Shape)
		defer k.close()
		if err != nil {
			return err
		}
		var t terms
		state, err := w.watch.during(func() (err error) { t, err = k.terms(w.ours, whole); return err })
		if err != nil {
			return err
		}
		t.State = state
		w.tell(finding{Terms: &t})
		return k.products(w)
	})
}

func (w *work) terms(c counts, whole timing) (t terms, err error) {
	var errs [3]error
	t.Frozen, errs[0] = w.played(c, w.frozen)
	t.LoRA, errs[1] = w.played(c, w.lora)
	t.Attention, errs[2] = w.played(c, w.attention)
	t.Update = 1e3 * whole.update
	t.Rest = 1e3*whole.step - t.Frozen - t.LoRA - t.Attention - t.Update
	return t, errors.Join(errs[:]...)
}

// played is the median time in ms of the kernels that f launches, recorded and played
// as those of a step are, or launched again where the card records nothing.
func (w *work) played(c counts, f func()) (float64, error) {
	f() // what a kernel prepares once
	if err := w.backend.Sync(); err != nil {
		return 0, err
	}
	recording, err := w.backend.(kernel.Recorder).Record(func() error { f(); return nil })
	if err != nil {
		return 0, err
	}
	play := f
	if recording != nil {
		defer recording.Close()
		play = recording.Replay
	}
	taken, err := c.times(func() error { play(); return w.backend.Sync() })
	return 1e3 * median(taken), err
}
