package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// verdict is one check.
type verdict struct {
	Name      string   `json:"name"`
	Distance  *float64 `json:"distance"` // null: not a number, or nothing that is measured
	Tolerance float64  `json:"tolerance"`
	OK        bool     `json:"ok"`
	Note      string   `json:"note,omitempty"` // where it is furthest off, or what went wrong
}

// tolerances are how far a card may be from the processor's float32, as a share of the
// norm: bf16 keeps eight bits, and a step rounds many times.
var tolerances = map[kernel.DType]float64{kernel.F32: 1e-4, kernel.BF16: 2e-2}

// verdict keeps a check that holds where far is at most the tolerance.
func (r *report) verdict(name string, far, tolerance float64, note string) {
	r.keep(verdict{name, finite(far), tolerance, far <= tolerance, note})
}

// passes keeps a check that holds where there is no error.
func (r *report) passes(name string, err error) {
	v := verdict{Name: name, OK: err == nil}
	if err != nil {
		v.Note = err.Error()
	}
	r.keep(v)
}

func (r *report) keep(v verdict) {
	r.Checks = append(r.Checks, v)
	if v.OK {
		return
	}
	text := fmt.Sprintf("check %q", v.Name)
	if v.Distance != nil {
		text += fmt.Sprintf(": %.3g, allowed %.3g", *v.Distance, v.Tolerance)
	}
	if v.Note != "" {
		text += ": " + v.Note
	}
	r.fail(errors.New(text))
}

// finite is nil for what JSON has no number for.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// check compares the card with the processor in both types, and bf16, in which models
// are trained, with itself.
func (r *report) check(device int, s size) error {
	right, err := cpu.New(cpu.Options{Float: kernel.F32})
	if err != nil {
		return err
	}
	for _, float := range []kernel.DType{kernel.F32, kernel.BF16} {
		say("checks in %s", named(float))
		b, err := cuda.New(cuda.Options{Device: device, Float: float})
		if err != nil {
			return err
		}
		r.kernels(right, b)
		r.steps(right, b, s.checked)
		if float == kernel.BF16 {
			r.alone(b, s)
		}
		if err := b.Close(); err != nil {
			return err
		}
	}
	return right.Close()
}

func named(float kernel.DType) string { return strings.ToLower(float.String()) }

// kernels keeps the worst size of every kernel.
func (r *report) kernels(right, b kernel.Backend) {
	results, err := check.Kernels(right, b, 7)
	if err != nil {
		r.passes("kernels, "+named(b.Float()), err)
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
		r.verdict(name+", "+named(b.Float()), found.Distance, tolerances[b.Float()], note)
	}
}

// steps compares losses and gradients of whole steps.
func (r *report) steps(right, b kernel.Backend, shapes []check.Shape) {
	for _, s := range shapes {
		for _, loss := range []check.Loss{check.LanguageModel, check.OneOfLabels, check.EachLabel} {
			name := fmt.Sprintf("step, %s, heads of %d, %s", loss, s.Hidden/s.Heads, named(b.Float()))
			far, err := check.Step(right, b, s, loss)
			if err != nil {
				r.passes(name, err)
				continue
			}
			r.verdict(name, far, tolerances[b.Float()], "")
		}
	}
}

// alone is what a card has to do whatever it computes.
func (r *report) alone(b kernel.Backend, s size) {
	for _, shape := range s.checked {
		heads := fmt.Sprintf("heads of %d", shape.Hidden/shape.Heads)
		r.passes("a run repeats its bytes, "+heads, repeats(b, shape, s.losses))
		r.passes("a resumed run has the same bytes, "+heads, check.Resume(b, shape, s.losses))
	}
	r.passes("memory that is not there is refused", check.TooMuch(b, s.checked[0]))
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
