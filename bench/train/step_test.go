package main

import (
	"testing"
	"time"

	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// BenchmarkStep is the training step of every shape on one core: tokens/s, and the
// share of the packed matrix product's own peak, measured beside it.
func BenchmarkStep(b *testing.B) {
	for _, s := range shapes {
		dir := b.TempDir()
		if err := s.write(dir); err != nil {
			b.Fatal(err)
		}
		for _, kernel := range kernels {
			b.Run(kernel, func(b *testing.B) { benchmarkStep(b, s, dir, kernel) })
		}
	}
}

func benchmarkStep(b *testing.B, s shape, dir, kernel string) {
	back, err := cpu.New(cpu.Options{Workers: 1, Kernel: kernel})
	if err != nil {
		b.Skip(err)
	}
	defer back.Close()
	step, stop, err := s.trainer(back, dir)
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	if err := step(); err != nil { // the first packs the frozen weights
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(s.batch*s.seq)/seconds, "tokens/s")
	peak, err := peak(back, 2*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(s.flop()/seconds/peak, "share_of_peak")
}
