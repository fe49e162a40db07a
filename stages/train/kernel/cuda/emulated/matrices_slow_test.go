//go:build slow && linux

package emulated

import (
	"math"
	"math/rand/v2"
	"testing"
)

// bf16s returns small integers, whose products and sums are exact.
func bf16s(seed uint64, n int) (bits []uint16, values []float32) {
	random := rand.New(rand.NewPCG(seed, 1))
	bits, values = make([]uint16, n), make([]float32, n)
	for i := range bits {
		values[i] = float32(random.IntN(17) - 8)
		bits[i] = uint16(math.Float32bits(values[i]) >> 16)
	}
	return bits, values
}

// TestSlowWarpProduct multiplies a [16, 16] by b [16, 8]. The fragments are read
// from device memory, and by load_matrices and its transpose after an asynchronous
// copy, as attention does.
func TestSlowWarpProduct(t *testing.T) {
	const loaded = `
  dynamic_shared(unsigned short, s);
  copy_async(s + 8 * l, a + 8 * l, true);
  if (l < 16) copy_async(s + 256 + 8 * l, b + 8 * l, true);
  copies_done();
  __syncwarp();
  load_matrices(x, s + (l % 16) * 16 + l / 16 * 8);
  unsigned w[4];
  load_matrices_transposed(w, s + 256 + l % 16 * 8);
  y[0] = w[0];
  y[1] = w[1];`
	const plain = `
  auto two = [](const unsigned short* low, int apart) { return low[0] | static_cast<unsigned>(low[apart]) << 16; };
  for (int i = 0; i < 4; i++) x[i] = two(a + (l / 4 + i % 2 * 8) * 16 + l % 4 * 2 + i / 2 * 8, 1);
  for (int i = 0; i < 2; i++) y[i] = two(b + (l % 4 * 2 + i * 8) * 8 + l / 4, 8);`
	r := newRig(t)
	a, x := bf16s(1, 256)
	b, y := bf16s(2, 128)
	atA, atB := upload(r, a), upload(r, b)
	for name, read := range map[string]string{"plain": plain, "loaded": loaded} {
		run := r.kernel(`
extern "C" __global__ void run(float* d, const unsigned short* a, const unsigned short* b) {
  int l = threadIdx.x;
  unsigned x[4], y[2];
  float sum[4] = {1, 1, 1, 1};
  ` + read + `
  mma_bf16(sum, x, y);
  for (int i = 0; i < 4; i++) d[(l / 4 + i / 2 * 8) * 8 + l % 4 * 2 + i % 2] = sum[i];
}`)
		into := upload(r, make([]float32, 128))
		r.want(0, r.launch(run, 1, 32, 768, into, atA, atB))
		got := download[float32](r, into, 128)
		for i := range 16 {
			for j := range 8 {
				want := float32(1)
				for k := range 16 {
					want += x[i*16+k] * y[k*8+j]
				}
				if got[i*8+j] != want {
					t.Errorf("%s: d[%d, %d] is %v, not %v", name, i, j, got[i*8+j], want)
				}
			}
		}
	}
}

// TestSlowLoadMatrices gives the rows of four matrices in an order of their own.
func TestSlowLoadMatrices(t *testing.T) {
	r := newRig(t)
	run := r.kernel(`
extern "C" __global__ void run(unsigned* y) {
  __shared__ __align__(16) unsigned short s[256];
  int l = threadIdx.x;
  for (int i = l; i < 256; i += 32) s[i] = static_cast<unsigned short>(i);
  __syncwarp();
  unsigned as[4], transposed[4];
  load_matrices(as, s + (31 - l) * 8);
  load_matrices_transposed(transposed, s + (31 - l) * 8);
  for (int i = 0; i < 4; i++) {
    y[l * 8 + i] = as[i];
    y[l * 8 + 4 + i] = transposed[i];
  }
}`)
	into := upload(r, make([]uint32, 256))
	r.want(0, r.launch(run, 1, 32, 0, into))
	got := download[uint32](r, into, 256)
	number := func(matrix, row, column int) uint32 { return uint32((31-matrix*8-row)*8 + column) }
	for l := range 32 {
		i, j := l/4, l%4*2
		for m := range 4 {
			as := number(m, i, j) | number(m, i, j+1)<<16
			transposed := number(m, j, i) | number(m, j+1, i)<<16
			if got[l*8+m] != as || got[l*8+4+m] != transposed {
				t.Errorf("lane %d, matrix %d: %#x and %#x, not %#x and %#x", l, m, got[l*8+m], got[l*8+4+m], as, transposed)
			}
		}
	}
}

// TestSlowCopies has copies done late, zeros where nothing is wanted, and refuses
// addresses that a card refuses.
func TestSlowCopies(t *testing.T) {
	const kernel = `
extern "C" __global__ void run(float* y, const float* x, int early, int shift) {
  __shared__ __align__(16) float s[12];
  copy_async(s, x, true);
  copy_async(s + 4 + shift, nullptr, false);
  if (early) for (int i = 0; i < 8; i++) y[i] = s[i];
  copies_done();
  if (!early) for (int i = 0; i < 8; i++) y[i] = s[i];
}`
	r := newRig(t)
	run := r.kernel(kernel)
	x, into := upload(r, []float32{1, 2, 3, 4}), upload(r, make([]float32, 8))
	r.want(0, r.launch(run, 1, 1, 0, into, x, int32(0), int32(0)))
	if got := [8]float32(download[float32](r, into, 8)); got != [8]float32{1, 2, 3, 4} {
		t.Errorf("copied %v", got)
	}
	r.want(0, r.launch(run, 1, 1, 0, into, x, int32(1), int32(0)))
	for i, v := range download[float32](r, into, 8) {
		if v == v {
			t.Errorf("number %d was %v before the copies were waited for", i, v)
		}
	}
	r.want(0, r.launch(run, 1, 1, 0, into, x, int32(0), int32(1)))
	r.want(716, r.cuStreamSynchronize(r.stream))
}

func TestSlowRounding(t *testing.T) {
	r := newRig(t)
	run := r.kernel(`
extern "C" __global__ void run(unsigned* y, const float* x) { y[threadIdx.x] = pack_bf16(x[threadIdx.x], exp2_approx(3)); }`)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{1, 1 + 1.0/256, 1 + 3.0/256, -1 - 1.0/250, math.MaxFloat32, inf, nan, -nan}
	want := []uint16{0x3f80, 0x3f80, 0x3f82, 0xbf81, 0x7f80, 0x7f80, 0x7fff, 0x7fff}
	into := upload(r, make([]uint32, len(x)))
	r.want(0, r.launch(run, 1, len(x), 0, into, upload(r, x)))
	for i, got := range download[uint32](r, into, len(x)) {
		if got != 0x41000000|uint32(want[i]) {
			t.Errorf("%v: %#x, not %#x", x[i], got, want[i])
		}
	}
}
