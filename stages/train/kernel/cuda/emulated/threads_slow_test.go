//go:build slow && linux

package emulated

import (
	"math"
	"testing"
)

// sums adds up numbers with the kernels' common functions: two barriers and ten
// shuffles in each block.
const sums = `
extern "C" __global__ void __launch_bounds__(256) run(float* sums, const float* x, int n) {
  float sum = 0;
  for (int64 i = first(); i < n; i += stride()) sum += x[i];
  sum = over_block(sum, 0.f, plus());
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}`

func TestSlowSumsOverBlocks(t *testing.T) {
	r := newRig(t)
	x, want := make([]float32, 1000), make([]float32, 4)
	for i := range x {
		x[i] = float32(i % 7)
		want[i/64%4] += x[i]
	}
	into := upload(r, make([]float32, 4))
	r.want(0, r.launch(r.kernel(sums), 4, 64, 0, into, upload(r, x), int32(len(x))))
	got := download[float32](r, into, 4)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("block %d: %v, not %v", i, got[i], want[i])
		}
	}
}

// TestSlowShuffles has each lane tell what it got from the others.
func TestSlowShuffles(t *testing.T) {
	r := newRig(t)
	run := r.kernel(`
extern "C" __global__ void run(int* y) {
  const unsigned all = 0xffffffffu;
  int lane = threadIdx.x % 32, *to = y + threadIdx.x * 8;
  to[0] = __shfl_sync(all, lane, 5);
  to[1] = __shfl_sync(all, lane, lane + 1, 8);
  to[2] = __shfl_xor_sync(all, lane, 16);
  to[3] = __shfl_down_sync(all, lane, 3);
  to[4] = __shfl_up_sync(all, lane, 3, 16);
  to[5] = static_cast<int>(__ballot_sync(all, lane % 3 == 0));
  to[6] = static_cast<int>(__shfl_xor_sync(all, lane + 0.5, 1) * 2);
  to[7] = lane < 16 ? __shfl_xor_sync(0xffffu, lane, 1) : __any_sync(0xffff0000u, lane == 3);
}`)
	into := upload(r, make([]int32, 64*8))
	r.want(0, r.launch(run, 1, 64, 0, into))
	got := download[int32](r, into, 64*8)
	for i := range 64 {
		lane := int32(i % 32)
		up := lane - 3
		if lane%16 < 3 {
			up = lane
		}
		down := lane + 3
		if down > 31 {
			down = lane
		}
		half := lane ^ 1
		if lane >= 16 {
			half = 0
		}
		want := [8]int32{5, lane&^7 | (lane+1)&7, lane ^ 16, down, up, 0x49249249, 2*(lane^1) + 1, half}
		if [8]int32(got[i*8:]) != want {
			t.Errorf("thread %d: %v, not %v", i, got[i*8:i*8+8], want)
		}
	}
}

// TestSlowMissingBarrier reads what another thread wrote, without and with a
// barrier. One of two blocks shows that it is missing, whichever way it reads.
func TestSlowMissingBarrier(t *testing.T) {
	r := newRig(t)
	for _, barrier := range []string{"", "__syncthreads();"} {
		for _, other := range []string{"threadIdx.x + 1", "threadIdx.x + 63"} {
			run := r.kernel(`
extern "C" __global__ void run(float* y) {
  __shared__ float x[64];
  x[threadIdx.x] = threadIdx.x;
  ` + barrier + `
  y[blockIdx.x * 64 + threadIdx.x] = x[(` + other + `) % 64];
}`)
			into := upload(r, make([]float32, 128))
			r.want(0, r.launch(run, 2, 64, 0, into))
			poisoned := 0
			for _, v := range download[float32](r, into, 128) {
				if math.IsNaN(float64(v)) {
					poisoned++
				}
			}
			if (poisoned > 0) != (barrier == "") {
				t.Errorf("%q, %s: %d numbers were not yet written", barrier, other, poisoned)
			}
		}
	}
}
