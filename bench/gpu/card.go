package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// identify says what is measured.
func (r *report) identify(device int) error {
	c, err := driver.OpenCUDA()
	if err != nil {
		return err
	}
	gpu, errGPU := c.Device(device)
	major, minor, errVersion := c.Version()
	r.Device, r.CUDA, r.Driver = gpu.Name, fmt.Sprintf("%d.%d", major, minor), driverVersion()
	compiler, err := driver.OpenCompiler(major)
	if err == nil {
		r.Compiler, err = compiler.Version()
	}
	return errors.Join(errGPU, errVersion, err)
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

// card measures the two rates that bound any step: matrix product and memory.
func (r *report) card(b kernel.Backend, s size) error {
	say("a product of %d³, and copies of %d MB", s.product, s.copied/1e6)
	product, errProduct := peak(b, s.product, s.ours)
	copying, errCopy := bandwidth(b, s.copied, s.ours)
	r.PeakTFLOPS, r.CopyGB = product/1e12, copying/1e9
	return errors.Join(errProduct, errCopy)
}

// peak is the FLOP/s of the fastest product of two square matrices, laid out as the
// forward product of a linear layer is.
func peak(b kernel.Backend, n int, c counts) (float64, error) {
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
