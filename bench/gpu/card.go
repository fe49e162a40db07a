package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// card is what is measured.
type card struct {
	Device   string `json:"device"`
	Driver   string `json:"driver"` // NVIDIA's; empty where the system hides it
	CUDA     string `json:"cuda"`   // the newest that the driver runs
	Compiler string `json:"nvrtc"`
}

// identify says what is measured, and begins to watch it.
func (w *bench) identify() error {
	c, err := driver.OpenCUDA()
	if err != nil {
		return err
	}
	gpu, errGPU := c.Device(w.device)
	major, minor, errVersion := c.Version()
	compiler, err := driver.OpenCompiler(major)
	if err := errors.Join(errGPU, errVersion, err); err != nil {
		return err
	}
	version, err := compiler.Version()
	w.watch.open(gpu.Bus)
	w.tell(finding{Card: &card{gpu.Name, driverVersion(), fmt.Sprintf("%d.%d", major, minor), version}})
	return err
}

// driverVersion is what NVIDIA's kernel module says of itself, "" where the system
// hides it: "580.159.04".
func driverVersion() string {
	text, err := os.ReadFile("/proc/driver/nvidia/version")
	if err != nil {
		return ""
	}
	return regexp.MustCompile(`\d+\.\d+(\.\d+)?`).FindString(string(text))
}

// together is how many calls are timed as one where a call is short.
const together = 10

// rates bound any step: matrix product and memory.
type rates struct {
	TFLOPS   float64 `json:"peak_tflop_per_s"`
	CopyGB   float64 `json:"copy_gb_per_s"` // read and written
	AtPeak   *state  `json:"card_at_peak"`
	AtCopies *state  `json:"card_at_copies"`
}

// peak measures the card's rates.
func (w *bench) peak() error {
	return w.open(cuda.Options{Float: kernel.BF16}, func(b kernel.Backend) error {
		var r rates
		var product, copying float64
		var errs [2]error
		r.AtPeak, errs[0] = w.watch.during(func() (err error) { product, err = fastest(b, w.product, w.ours); return err })
		r.AtCopies, errs[1] = w.watch.during(func() (err error) { copying, err = bandwidth(b, w.copied, w.ours); return err })
		r.TFLOPS, r.CopyGB = product/1e12, copying/1e9
		w.tell(finding{Rates: &r})
		return errors.Join(errs[:]...)
	})
}

// fastest is the FLOP/s of the fastest product of two square matrices, laid out as the
// forward product of a linear layer is.
func fastest(b kernel.Backend, n int, c counts) (float64, error) {
	m, free, err := matrices(b, n*n, n*n, n*n)
	defer free()
	if err != nil {
		return 0, err
	}
	seconds, err := rapid(b, c, func() {
		b.MatMul(m[0], m[1], m[2], kernel.MatMul{M: n, N: n, K: n, TransB: true, Alpha: 1})
	})
	if err != nil {
		return 0, err
	}
	return 2 * float64(n) * float64(n) * float64(n) / seconds, nil
}

// bandwidth is the bytes/s of copies within the card, those read and those written.
func bandwidth(b kernel.Backend, bytes int, c counts) (float64, error) {
	n := bytes / b.Float().Size()
	m, free, err := matrices(b, n, n)
	defer free()
	if err != nil {
		return 0, err
	}
	seconds, err := rapid(b, c, func() { b.Copy(m[0], m[1]) })
	if err != nil {
		return 0, err
	}
	return 2 * float64(bytes) / seconds, nil
}

// rapid is the shortest time of a call in seconds, of some that were begun together.
func rapid(b kernel.Backend, c counts, f func()) (float64, error) {
	taken, err := c.times(func() error {
		for range together {
			f()
		}
		return b.Sync()
	})
	if err != nil {
		return 0, err
	}
	return taken[0] / together, nil
}

// matrices are buffers of random numbers: of zeros a card makes its products faster
// than of anything that a model has.
func matrices(b kernel.Backend, sizes ...int) (list []kernel.Buffer, free func(), err error) {
	free = func() {
		for _, m := range list {
			b.Free(m)
		}
	}
	random, ok := b.(kernel.Randomizer)
	if !ok {
		return nil, free, fmt.Errorf("%s draws no random numbers", b.Name())
	}
	for i, n := range sizes {
		m, err := b.Alloc(b.Float(), n)
		if err != nil {
			return list, free, err
		}
		list = append(list, m)
		random.Normal(m, 1, uint32(i), 1)
	}
	return list, free, nil
}
