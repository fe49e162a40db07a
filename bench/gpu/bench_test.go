package main

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

func TestMissedTargets(t *testing.T) {
	s := check.Shape{Hidden: 64, Intermediate: 96, Layers: 2, Heads: 2, KVHeads: 2, Vocabulary: 96, Batch: 10, Seq: 128, Rank: 4}
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
		for _, s := range []check.Shape{s, checkpointed(s)} {
			measured := newResult(s, timing{step: 1}, 4*flop(s)/1e12, half)
			measured.wantedShare = test.share
			r.Shapes = append(r.Shapes, measured)
		}
		r.judge(test.want)
		switch err := r.err(); {
		case test.says == "" && err != nil:
			t.Errorf("%+v: %v", test.want, err)
		case test.says != "" && (len(r.Failures) != 1 || !strings.Contains(r.Failures[0], test.says)):
			t.Errorf("%+v: failures %q, want one that says %q", test.want, r.Failures, test.says)
		}
	}
}

// products counts the arithmetic of matrix products.
type products struct {
	kernel.Backend
	flop float64
}

func (p *products) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	p.flop += 2 * float64(m.M) * float64(m.N) * float64(m.K)
	p.Backend.MatMul(c, a, b, m)
}

// TestFlop compares the formula with the products that a step makes.
func TestFlop(t *testing.T) {
	s := check.Shape{Hidden: 24, Intermediate: 40, Layers: 3, Heads: 3, KVHeads: 1, Vocabulary: 50, Batch: 2, Seq: 6, Rank: rank}
	b, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	counted := &products{Backend: b}
	m, err := model.Random(counted, config(s), graph.Frozen, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddAdapter("test", lora, 0, 1); err != nil {
		t.Fatal(err)
	}
	trained, err := newTrainer(m, s, 1e-4)
	if err != nil {
		t.Fatal(err)
	}
	defer trained.close()
	if _, err := trained.step(make([]int32, s.Batch*s.Seq)); err != nil {
		t.Fatal(err)
	}
	attention := 2 * 6 * float64(s.Batch*s.Seq*s.Layers*s.Seq/2*s.Hidden)
	if got := flop(s) - attention; got != counted.flop {
		t.Errorf("the formula gives %.0f FLOP in products, the step makes %.0f", got, counted.flop)
	}
}
