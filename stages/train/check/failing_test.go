package check_test

import (
	"errors"
	"math"
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// refusing fails at products, until the next time that it is waited for, or for good.
type refusing struct {
	kernel.Backend
	err  error
	lost bool
}

var errRefused = errors.New("refused")

func (r *refusing) MatMul(_, _, _ kernel.Buffer, _ kernel.MatMul) { r.err = errRefused }

func (r *refusing) Download(dst kernel.Host, src kernel.Buffer) error {
	if r.err != nil {
		return r.Sync()
	}
	return r.Backend.Download(dst, src)
}

func (r *refusing) Sync() error {
	err := r.err
	if !r.lost {
		r.err = nil
	}
	return err
}

func TestKernelsGoesOnAfterAFailure(t *testing.T) {
	right := open(t, cpu.Options{Kernel: "go"})
	all, err := check.Kernels(right, right, 1)
	if err != nil {
		t.Fatal(err)
	}
	results, err := check.Kernels(right, &refusing{Backend: right}, 1)
	if err != nil || len(results) != len(all) {
		t.Errorf("%d of %d results, %v", len(results), len(all), err)
	}
	for _, r := range results {
		if failed := r.Kernel == "MatMul"; failed != errors.Is(r.Err, errRefused) || failed != math.IsInf(r.Distance, 1) {
			t.Errorf("%s, %s: %g, %v", r.Kernel, r.Sizes, r.Distance, r.Err)
		}
	}
	results, err = check.Kernels(right, &refusing{Backend: right, lost: true}, 1)
	if n := len(results); !errors.Is(err, errRefused) || n == len(all) || results[n-1].Kernel != "MatMul" {
		t.Errorf("%d results of a device that is lost, %v", n, err)
	}
}
