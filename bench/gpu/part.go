package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// part is a piece of the run that has a process of its own: an address that a kernel may
// not use spoils all that its process does with the card from then on (cuda.h,
// CUDA_ERROR_ILLEGAL_ADDRESS).
type part struct {
	name  string
	limit time.Duration
	asked bool // runs only where it is asked for by name
	run   func(*bench) error
}

// parts are in the order in which they run: the peer last, with the time that is left.
func parts() []part {
	return []part{
		{name: "smoke", limit: 90 * time.Second, run: (*bench).smoke},
		{name: "checks-f32", limit: 90 * time.Second, run: func(w *bench) error { return w.check(kernel.F32) }},
		{name: "checks-bf16", limit: 2 * time.Minute, run: func(w *bench) error { return w.check(kernel.BF16) }},
		{name: "curve", limit: time.Minute, run: (*bench).curve},
		{name: "peak", limit: 30 * time.Second, run: (*bench).peak},
		{name: "steps", limit: 3 * time.Minute, run: (*bench).steps},
		{name: "terms", limit: time.Minute, run: (*bench).terms},
		{name: "tuned", limit: time.Minute, run: (*bench).tuned},
		{name: "peer", limit: 10 * time.Minute, run: (*bench).peer},
		{name: "sanitizer", limit: 10 * time.Minute, asked: true, run: (*bench).sanitizer},
	}
}

func names() string {
	var list []string
	for _, p := range parts() {
		list = append(list, p.name)
	}
	return strings.Join(list, ", ")
}

func find(name string) (part, error) {
	all := parts()
	if i := slices.IndexFunc(all, func(p part) bool { return p.name == name }); i >= 0 {
		return all[i], nil
	}
	return part{}, fmt.Errorf("there is no part %q; give one of %s", name, names())
}

// parts are those that the options ask for, with their limits.
func (o options) parts() (list []part, err error) {
	list = slices.DeleteFunc(parts(), func(p part) bool { return p.asked || o.noPeer && p.name == "peer" })
	if o.part != "" {
		p, err := find(o.part)
		if err != nil {
			return nil, fmt.Errorf("--part: %w", err)
		}
		list = []part{p}
	}
	for i, p := range list {
		if limit, ok := o.limits[p.name]; ok {
			list[i].limit = limit
		}
	}
	return list, nil
}

// bench is a part at work.
type bench struct {
	options
	size
	findings
	watch watch
}

// runInside is the process of a part, whose findings go to out.
func (o options) runInside(out io.Writer) error {
	p, err := find(o.part)
	if err != nil {
		return err
	}
	w := &bench{options: o, size: sizes[o.shape], findings: findings{json.NewEncoder(out)}}
	defer w.watch.close()
	err = w.identify()
	if err == nil {
		err = p.run(w)
	}
	w.attempt("part "+p.name, err)
	return nil
}

// open is the card in a type, for f.
func (w *bench) open(o cuda.Options, f func(b kernel.Backend) error) error {
	o.Device = w.device
	b, err := cuda.New(o)
	if err != nil {
		return err
	}
	if o.Float == kernel.BF16 {
		w.tell(finding{Kernel: b.Name()})
	}
	err = f(b)
	if failed := b.Close(); err == nil { // a lost card cannot be closed either
		err = failed
	}
	return err
}

// smoke compiles the kernels of both types, which are then kept, and takes a step.
func (w *bench) smoke() error {
	for _, float := range []kernel.DType{kernel.F32, kernel.BF16} {
		err := w.open(cuda.Options{Float: float}, func(b kernel.Backend) error {
			_, err := check.Curve(b, w.checked[0], check.LanguageModel, 2)
			w.passes("two steps, "+named(float), err)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// steps times every workload, and the first one again with gradient checkpointing.
func (w *bench) steps() error {
	return w.open(cuda.Options{Float: kernel.BF16}, func(b kernel.Backend) error {
		for i, l := range w.timed {
			w.attempt("steps of "+l.String(), w.step(b, measured{Workload: l, Place: i}))
		}
		saving := w.timed[0]
		saving.Checkpointing = true
		w.attempt("steps of "+saving.String(), w.step(b, measured{Workload: saving, Place: nowhere}))
		return nil
	})
}

// tuned is the first workload with the fastest of the algorithms that cuBLAS offers for
// each product: what its own choice, which training takes, leaves.
func (w *bench) tuned() error {
	return w.open(cuda.Options{Float: kernel.BF16, Tune: true}, func(b kernel.Backend) error {
		return w.step(b, measured{Workload: w.timed[0], Tuned: true})
	})
}
