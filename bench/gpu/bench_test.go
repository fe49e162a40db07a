package main

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

func TestMissedTargets(t *testing.T) {
	l := workload{Shape: check.Shape{Hidden: 64, Intermediate: 96, Layers: 2, Heads: 2, KVHeads: 2, Vocabulary: 96, Batch: 10, Seq: 128, Rank: 4}}
	saving := l
	saving.Checkpointing = true
	half := speeds{eager: &speed{MS: 2e3}} // our step takes a second
	for _, test := range []struct {
		want  targets
		share float64
		says  string // empty: nothing is missed
	}{
		{targets{eager: 2, compiled: 9}, 0.2, ""}, // what the peer did not do is held to nothing
		{targets{eager: 2.1}, 0, "10 × 128: times PEFT's tokens/s is 2, wanted 2.1"},
		{targets{}, 0.5, "10 × 128: share of the peak is 0.25, wanted 0.5"},
	} {
		r := newReport(options{})
		for _, l := range []workload{l, saving} {
			r.Shapes = append(r.Shapes, newResult(measured{Workload: l, Seconds: 1}, 4*flop(l)/1e12, half))
		}
		r.judge([]float64{test.share}, test.want)
		switch err := r.err(); {
		case test.says == "" && err != nil:
			t.Errorf("%+v: %v", test.want, err)
		case test.says != "" && (len(r.Failures) != 1 || !strings.Contains(r.Failures[0], test.says)):
			t.Errorf("%+v: failures %q, want one that says %q", test.want, r.Failures, test.says)
		}
	}
}

// products counts the arithmetic of matrix products, and draws no random numbers: what a
// card draws is zero here.
type products struct {
	kernel.Backend
	flop float64
}

func (p *products) Normal(kernel.Buffer, uint64, uint32, float64) {}

func (p *products) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	p.flop += 2 * float64(m.M) * float64(m.N) * float64(m.K)
	p.Backend.MatMul(c, a, b, m)
}

// TestFlop compares the formula with the products that a step makes.
func TestFlop(t *testing.T) {
	s := check.Shape{Hidden: 24, Intermediate: 40, Layers: 3, Heads: 3, KVHeads: 1, Vocabulary: 50, Batch: 2, Seq: 6, Rank: rank}
	task := s
	task.Labels = classes
	for _, l := range []workload{{Shape: s}, {Shape: task}, {task, still}, {task, trained}, {s, still}} {
		b, err := cpu.New(cpu.Options{})
		if err != nil {
			t.Fatal(err)
		}
		counted := &products{Backend: b}
		trained, err := sketch(counted, l, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer trained.close()
		if _, err := trained.step(make([]int32, s.Batch*s.Seq)); err != nil {
			t.Fatal(err)
		}
		attention := 2 * 6 * float64(s.Batch*s.Seq*s.Layers*s.Seq/2*s.Hidden)
		if got := flop(l) - attention; got != counted.flop {
			t.Errorf("%v: the formula gives %.0f FLOP in products, the step makes %.0f", l, got, counted.flop)
		}
	}
}
