package main

import (
	"errors"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// parts times the parts of the first shape's step, of which the whole is known.
func (r *report) parts(b kernel.Backend, s check.Shape, c counts, whole timing) error {
	say("the parts of a step of %s", title(s))
	w, err := newWork(b, s)
	defer w.close()
	if err != nil {
		return err
	}
	r.Terms, err = w.terms(c, whole)
	if err == nil {
		r.Products, err = w.products(c, r.PeakTFLOPS)
	}
	return err
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

var errNotRecorded = errors.New("the backend recorded nothing; is CUDA_LAUNCH_BLOCKING set?")

// played is the median time in ms of the kernels that f launches, recorded and played
// as those of a step are.
func (w *work) played(c counts, f func()) (float64, error) {
	f() // what a kernel prepares once
	if err := w.backend.Sync(); err != nil {
		return 0, err
	}
	recording, err := w.backend.(kernel.Recorder).Record(func() error { f(); return nil })
	if err != nil {
		return 0, err
	}
	if recording == nil {
		return 0, errors.Join(errNotRecorded, w.backend.Sync())
	}
	defer recording.Close()
	taken, err := c.times(func() error { recording.Replay(); return w.backend.Sync() })
	return 1e3 * median(taken), err
}
