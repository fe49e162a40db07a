//go:build slow

package cuda

import (
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// TestSlowLongSumsAreRoundedOnce looks at sums that cuBLAS may split, whose parts it is
// not to keep in bf16.
func TestSlowLongSumsAreRoundedOnce(t *testing.T) {
	b, _ := open(t, kernel.BF16)
	const n, depth = 16, 512
	values := make([]float32, n*depth)
	for i := range values {
		values[i] = float32(i*i%127) / 128 // bf16 has it
	}
	var m [3]kernel.Buffer
	for i, size := range []int{n * depth, n * depth, n * n} {
		var err error
		if m[i], err = b.Alloc(kernel.BF16, size); err != nil {
			t.Fatal(err)
		}
		defer b.Free(m[i])
	}
	for _, in := range m[:2] {
		if err := b.Upload(in, kernel.F32s(values)); err != nil {
			t.Fatal(err)
		}
	}
	b.MatMul(m[2], m[0], m[1], kernel.MatMul{M: n, N: n, K: depth, TransB: true, Alpha: 1})
	got := make([]float64, n*n)
	if err := b.Download(kernel.F64s(got), m[2]); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		want := 0.0
		for k := range depth {
			want += float64(values[i/n*depth+k]) * float64(values[i%n*depth+k])
		}
		// The sum is exact in float32: no product has more than 14 bits, and there are 512.
		if rounded := math.Float32frombits(uint32(bf16Bits(float32(want))) << 16); got[i] != float64(rounded) {
			t.Errorf("sum %d is %g, want %g rounded once, %g", i, got[i], want, rounded)
		}
	}
}

// TestSlowNothingIsNoWork asks for no element: what a driver says of that is not
// documented, and the emulated one refuses.
func TestSlowNothingIsNoWork(t *testing.T) {
	b, _ := open(t, kernel.BF16)
	x, err := b.Alloc(kernel.BF16, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Free(x)
	b.Fill(x, 0)
	b.Fill(x, 1)
	b.Copy(x, x)
	if err := b.Upload(x, kernel.F32s(nil)); err != nil {
		t.Error(err)
	}
	if err := b.Sync(); err != nil {
		t.Error(err)
	}
}

// TestSlowHeadsThatDoNotFit trains on a card with the shared memory of a small one.
func TestSlowHeadsThatDoNotFit(t *testing.T) {
	small := []string{"op attention", "132 KB of shared memory", "Emulated device has 99", "heads of more than 128 columns", "--device cpu"}
	for columns, says := range map[int][]string{128: nil, 256: small, 300: {"op attention", "heads of 300 columns", "up to 256", "--device cpu"}} {
		card := emulated.Build(t)
		card.SetShared(99 << 10)
		b, err := New(Options{Float: kernel.BF16})
		if err != nil {
			t.Fatal(err)
		}
		shape := check.Shape{Hidden: columns, Intermediate: 16, Layers: 1, Heads: 1, KVHeads: 1, Vocabulary: 5, Batch: 1, Seq: 4, Rank: 1}
		_, err = check.Curve(b, shape, check.LanguageModel, 1)
		if (err != nil) != (says != nil) || err != nil && exit.Of(err) != exit.Usage {
			t.Errorf("heads of %d: %v", columns, err)
		}
		for _, part := range says {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%v does not say %q", err, part)
			}
		}
		if n := card.Calls("cuLaunchKernel:gather"); n != 0 && says != nil {
			t.Errorf("heads of %d are refused after %d lookups of tokens", columns, n)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if used := card.MemoryUsed(); used != 0 {
			t.Errorf("heads of %d: %d bytes of device memory are left behind", columns, used)
		}
	}
}

// TestSlowLibrariesOfTheDriversVersion has libraries of CUDA 13 beside those of 12. With
// a driver of 12 they cannot be used, with one of 13 they come first.
func TestSlowLibrariesOfTheDriversVersion(t *testing.T) {
	for version, works := range map[int]bool{12090: true, 13000: false} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			card := emulated.Build(t)
			for _, name := range []string{"libcublasLt.so.13", "libnvrtc.so.13"} {
				card.Install(t, name)
			}
			card.SetVersion(version)
			b, err := New(Options{Float: kernel.BF16})
			if err == nil {
				err = b.Close()
			}
			if works && err != nil || !works && (err == nil || !strings.Contains(err.Error(), "cublasLtCreate failed with 1")) {
				t.Error(err)
			}
		})
	}
}

// TestSlowTuningPassesOver offers that are none, and one that is refused when it is used.
func TestSlowTuningPassesOver(t *testing.T) {
	for call, lost := range map[string]int{"cublasLtMatmul": 0, "cublasLtMatmulAlgoGetHeuristic:offer": 1} {
		card := emulated.Build(t)
		b, err := New(Options{Float: kernel.BF16, Tune: true})
		if err != nil {
			t.Fatal(err)
		}
		card.Fail(call, 1, 15)
		far, err := check.Step(processor(t), b, shapes["grouped queries, dropout"], check.LanguageModel)
		if err != nil || !(far <= tolerances[kernel.BF16]) {
			t.Errorf("%s: %g from the CPU's, %v", call, far, err)
		}
		fewer := 0
		for _, p := range b.(*device).prepared {
			if p.Offers() < 2 {
				fewer++
			}
		}
		if fewer != lost {
			t.Errorf("%s: %d products have one offer alone", call, fewer)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSlowTooMuchTakesNoMemoryOfTheHost asks for twice a card of 1 GiB.
func TestSlowTooMuchTakesNoMemoryOfTheHost(t *testing.T) {
	b, card := open(t, kernel.BF16)
	card.SetMemory(1 << 30)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := check.TooMuch(b, shapes["grouped queries, dropout"]); err != nil {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 50<<20 {
		t.Errorf("the host took %d MB", taken>>20)
	}
}
