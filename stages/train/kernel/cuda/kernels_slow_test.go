//go:build slow

package cuda

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// tolerances are how far a kernel may be from the CPU's, as a share of the norm.
var tolerances = map[kernel.DType]float64{kernel.F32: 1e-4, kernel.BF16: 2e-2}

func TestMain(m *testing.M) { os.Exit(emulated.Main(m)) }

// open returns a backend on the emulated device.
func open(t testing.TB, float kernel.DType) (kernel.Backend, *emulated.Device) {
	t.Helper()
	device := emulated.Build(t)
	b, err := New(Options{Float: float})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, device
}

// processor is what is right.
func processor(t testing.TB) kernel.Backend {
	t.Helper()
	b, err := cpu.New(cpu.Options{Float: kernel.F32, Kernel: "go"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSlowKernels compares every kernel, compiled by g++ for the emulated device, with
// the CPU's.
func TestSlowKernels(t *testing.T) {
	for float, tolerance := range tolerances {
		t.Run(float.String(), func(t *testing.T) {
			b, _ := open(t, float)
			results, err := check.Kernels(processor(t), b, 7)
			if err != nil {
				t.Fatal(err)
			}
			worst := map[string]float64{}
			for _, r := range results {
				worst[r.Kernel] = max(worst[r.Kernel], r.Distance)
				if !(r.Distance <= tolerance) {
					t.Errorf("%s, %s: %g from the CPU's, allowed %g", r.Kernel, r.Sizes, r.Distance, tolerance)
				}
			}
			for _, kernel := range slices.Sorted(maps.Keys(worst)) {
				t.Logf("%s: %.1g at most", kernel, worst[kernel])
			}
		})
	}
}
