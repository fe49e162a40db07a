//go:build slow

package cuda

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// TestSlowTransfers goes through every conversion in pieces, while the device lags
// behind: a piece of page-locked memory that is used again too early shows.
func TestSlowTransfers(t *testing.T) {
	b, _ := open(t, kernel.BF16)
	const n = 5*pieceElements/2 + 7
	random := rand.New(rand.NewPCG(1, 1))
	halves, wide := make([]byte, 2*n), make([]float32, n)
	for i := range wide {
		bits := uint16(random.Uint32())
		bits &^= 0x0400 // neither an infinity nor a NaN of binary16 or bf16
		bits &^= 0x0080
		halves[2*i], halves[2*i+1] = byte(bits), byte(bits>>8)
		wide[i] = math.Float32frombits(uint32(bits) << 16)
	}
	for _, src := range []kernel.Host{{DType: kernel.F16, Bytes: halves}, {DType: kernel.BF16, Bytes: halves}, kernel.F32s(wide)} {
		for _, dtype := range []kernel.DType{kernel.BF16, kernel.F32} {
			buffer, err := b.Alloc(dtype, n)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, n)
			if err := errors.Join(b.Upload(buffer, src), b.Download(kernel.F64s(got), buffer)); err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				want := src.Float(i)
				if dtype == kernel.BF16 {
					want = float64(math.Float32frombits(uint32(bf16Bits(float32(want))) << 16))
				}
				if v != want {
					t.Fatalf("%v to %v: element %d is %g, want %g", src.DType, dtype, i, v, want)
				}
			}
			b.Free(buffer)
		}
	}
}

// TestSlowAStepWaitsForTheLossAlone counts what the driver is asked in later steps.
func TestSlowAStepWaitsForTheLossAlone(t *testing.T) {
	b, device := open(t, kernel.BF16)
	shape := shapes["grouped queries, dropout"]
	count := func(steps int) map[string]int {
		before := map[string]int{}
		calls := []string{"cuMemAlloc_v2", "cuMemHostAlloc", "cuStreamSynchronize", "cuEventSynchronize", "cuLaunchKernel", "cublasLtMatmulAlgoGetHeuristic", "cuGraphLaunch"}
		for _, call := range calls {
			before[call] = device.Calls(call)
		}
		if _, err := check.Curve(b, shape, check.LanguageModel, steps); err != nil {
			t.Fatal(err)
		}
		for _, call := range calls {
			before[call] = device.Calls(call) - before[call]
		}
		return before
	}
	count(3) // prepares products and scratch memory once
	three, thirteen := count(3), count(13)
	want := map[string]int{"cuStreamSynchronize": 10, "cuGraphLaunch": 10, "cuLaunchKernel": 10 * 3} // the norm's sums, its factor and AdamW, of all adapters at once
	for call, n := range thirteen {
		if more := n - three[call]; more != want[call] {
			t.Errorf("%s was called %d times in ten steps, want %d", call, more, want[call])
		}
	}
}

func TestSlowAFailureIsNamed(t *testing.T) {
	shape := shapes["odd sizes, checkpointing"]
	for _, c := range []struct {
		call string
		nth  int
		says []string
	}{
		{"cuLaunchKernel:swiglu", 2, []string{"op swiglu", "kernel swiglu", "cuLaunchKernel failed with 719", "CUDA_ERROR_LAUNCH_FAILED"}},
		{"cuLaunchKernel:adamw", 1, []string{"kernel adamw", "cuLaunchKernel failed with 719"}},
		{"cublasLtMatmul", 3, []string{"op linear", "product [", "cublasLtMatmul failed with"}},
		{"cuStreamSynchronize", 9, []string{"cuStreamSynchronize failed with 719", "CUDA_LAUNCH_BLOCKING=1"}},
		{"cuGraphLaunch", 2, []string{"recorded run", "cuGraphLaunch failed with 719"}},
		{"cuMemcpyHtoDAsync_v2", 5, []string{"cuMemcpyHtoDAsync_v2 failed with 719"}},
		{"cuMemAlloc_v2", 5, []string{"cuMemAlloc_v2 failed with 719"}},
	} {
		t.Run(c.call, func(t *testing.T) {
			b, device := open(t, kernel.F32)
			device.Fail(c.call, c.nth, 719)
			_, err := check.Curve(b, shape, check.LanguageModel, 4)
			if err == nil {
				t.Fatal("the failure was not returned")
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			emulated.Build(t) // a device as new, so that the backend can be closed
		})
	}
}

func TestSlowOpeningFails(t *testing.T) {
	for call, c := range map[string]struct {
		code   int
		absent bool
	}{
		"cuInit":                   {803, false}, // the driver is older than its library
		"cuDeviceGetCount":         {999, false},
		"cuDevicePrimaryCtxRetain": {2, false},
		"cuStreamCreate":           {999, false},
		"cublasLtCreate":           {1, false},
		"nvrtcVersion":             {11, false},
		"cuModuleLoadData":         {209, false},
		"cuMemHostAlloc":           {2, false},
		"cuMemAlloc_v2":            {2, false},
	} {
		t.Run(call, func(t *testing.T) {
			device := emulated.Build(t)
			device.Fail(call, 1, c.code)
			_, err := New(Options{Float: kernel.BF16})
			if err == nil || !strings.Contains(err.Error(), call) || errors.Is(err, ErrAbsent) {
				t.Errorf("got %v, want an error that names the call", err)
			}
			if used := device.MemoryUsed(); used != 0 {
				t.Errorf("%d bytes of device memory are left behind", used)
			}
		})
	}
	t.Run("no GPU", func(t *testing.T) {
		device := emulated.Build(t)
		device.Fail("cuInit", 1, 100)
		if _, err := New(Options{Float: kernel.BF16}); !errors.Is(err, ErrAbsent) {
			t.Errorf("got %v, want ErrAbsent", err)
		}
	})
}

// TestSlowTuning lets the device look for a faster algorithm than the library's first,
// which the emulated library lets take longer.
func TestSlowTuning(t *testing.T) {
	emulated.Build(t)
	b, err := New(Options{Float: kernel.BF16, Tune: true})
	if err != nil {
		t.Fatal(err)
	}
	far, err := check.Step(processor(t), b, shapes["grouped queries, dropout"], check.LanguageModel)
	if err != nil || !(far <= tolerances[kernel.BF16]) {
		t.Errorf("%g from the CPU's, %v", far, err)
	}
	prepared, faster := b.(*device).prepared, 0
	for _, p := range prepared {
		faster += p.Chosen()
	}
	if faster < len(prepared)*2/3 { // the smallest take no time to speak of
		t.Errorf("of %d products %d took the faster algorithm", len(prepared), faster)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestSlowALookupOutsideItsTable(t *testing.T) {
	b, _ := open(t, kernel.BF16)
	alloc := func(dtype kernel.DType, n int) kernel.Buffer {
		buffer, err := b.Alloc(dtype, n)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Free(buffer) })
		return buffer
	}
	table, y, ids := alloc(kernel.BF16, 4*8), alloc(kernel.BF16, 3*8), alloc(kernel.I32, 3)
	b.Fill(table, 1)
	if err := b.Upload(ids, kernel.I32s([]int32{3, 4, 0})); err != nil {
		t.Fatal(err)
	}
	b.Gather(y, table, ids, 3, 8)
	if err := b.Sync(); err == nil || !strings.Contains(err.Error(), "index 1 of a lookup") {
		t.Errorf("got %v, want the index outside the table", err)
	}
	got := make([]float32, 24)
	if err := b.Download(kernel.F32s(got), y); err != nil { // the failure came once
		t.Fatal(err)
	}
	if want := slices.Concat(slices.Repeat([]float32{1}, 8), make([]float32, 8), slices.Repeat([]float32{1}, 8)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
