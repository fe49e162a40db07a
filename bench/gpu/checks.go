package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// tolerances are how far a card may be from the processor's float32, as a share of the
// norm: bf16 keeps eight bits, and a step rounds many times.
var tolerances = map[kernel.DType]float64{kernel.F32: 1e-4, kernel.BF16: 2e-2}

// check compares the card with the processor in a type, and bf16, in which models are
// trained, with itself.
func (w *bench) check(float kernel.DType) error {
	right, err := cpu.New(cpu.Options{Float: kernel.F32})
	if err != nil {
		return err
	}
	defer right.Close()
	return w.open(cuda.Options{Float: float}, func(b kernel.Backend) error {
		w.kernels(right, b)
		w.compare(right, b)
		if float == kernel.BF16 {
			w.alone(b)
		}
		return nil
	})
}

func named(float kernel.DType) string { return strings.ToLower(float.String()) }

// kernels keeps the worst size of every kernel.
func (w *bench) kernels(right, b kernel.Backend) {
	results, err := check.Kernels(right, b, 7)
	if err != nil {
		w.passes("kernels, "+named(b.Float()), err)
	}
	worst := map[string]check.Result{}
	for _, found := range results {
		if before, ok := worst[found.Kernel]; !ok || !(found.Distance <= before.Distance) {
			worst[found.Kernel] = found
		}
	}
	for _, name := range slices.Sorted(maps.Keys(worst)) {
		found, note := worst[name], worst[name].Sizes
		if found.Err != nil {
			note = found.Err.Error()
		}
		w.verdict(name+", "+named(b.Float()), found.Distance, tolerances[b.Float()], note)
	}
}

// compare compares losses and gradients of whole steps.
func (w *bench) compare(right, b kernel.Backend) {
	for _, s := range w.checked {
		for _, loss := range []check.Loss{check.LanguageModel, check.OneOfLabels, check.EachLabel} {
			name := fmt.Sprintf("step, %s, heads of %d, %s", loss, s.Hidden/s.Heads, named(b.Float()))
			far, err := check.Step(right, b, s, loss)
			if err != nil {
				w.passes(name, err)
				continue
			}
			w.verdict(name, far, tolerances[b.Float()], "")
		}
	}
}

// alone is what a card has to do whatever it computes.
func (w *bench) alone(b kernel.Backend) {
	for _, shape := range w.checked {
		heads := fmt.Sprintf("heads of %d", shape.Hidden/shape.Heads)
		w.passes("a run repeats its bytes, "+heads, repeats(b, shape, w.losses))
		w.passes("a resumed run has the same bytes, "+heads, check.Resume(b, shape, w.losses))
	}
	w.passes("memory that is not there is refused", check.TooMuch(b, w.checked[0]))
}

// repeats fails where two runs have losses that differ in any bit.
func repeats(b kernel.Backend, s check.Shape, steps int) error {
	first, errFirst := check.Curve(b, s, check.LanguageModel, steps)
	second, errSecond := check.Curve(b, s, check.LanguageModel, steps)
	err := errors.Join(errFirst, errSecond)
	if err == nil && !slices.Equal(first, second) {
		err = fmt.Errorf("losses %v, then %v", first, second)
	}
	return err
}
