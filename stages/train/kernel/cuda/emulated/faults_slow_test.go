//go:build slow && linux

package emulated

import "testing"

// TestSlowDeadlock runs kernels that never end on a card, or that a card may run
// by luck. The device is lost after each.
func TestSlowDeadlock(t *testing.T) {
	for name, body := range map[string]string{
		"a thread ends before the barrier":  "if (threadIdx.x != 7) __syncthreads();",
		"a lane ends before the shuffle":    "if (threadIdx.x != 7) y[0] = __shfl_sync(0xffffffffu, y[0], 0);",
		"lanes of a warp wait differently":  "if (threadIdx.x < 7) __syncwarp(); else __ballot_sync(0xffffffffu, 1);",
		"a lane is not in its mask":         "__syncwarp(0x7f);",
		"a barrier only for half the block": "if (threadIdx.x < 32) __syncthreads();",
		"a trap":                            "if (threadIdx.x == 40) __trap();",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			run := r.kernel(`extern "C" __global__ void run(float* y) { ` + body + ` }`)
			into := upload(r, make([]float32, 1))
			r.want(0, r.launch(run, 1, 64, 0, into))
			r.want(719, r.cuStreamSynchronize(r.stream))
			r.want(719, r.cuStreamSynchronize(r.stream))
			r.want(719, r.cuMemAlloc(&into, 1))
			r.d.reset()
			into = upload(r, make([]float32, 4))
			r.want(0, r.launch(r.kernel(sums), 4, 64, 0, into, into, int32(0))) // and works again
			r.wait()
		})
	}
}

// TestSlowFaults runs kernels that stop a thread of the host.
func TestSlowFaults(t *testing.T) {
	for body, result := range map[string]int32{
		"y[threadIdx.x] = 1; if (threadIdx.x == 40) *reinterpret_cast<float*>(16) = 1;": 700,
		"__syncthreads(); y[0] = 7 / static_cast<int>(y[0]);":                           719,
		"y[0] = load<4>(y + 2 * threadIdx.x).at[0];":                                    719, // not aligned
		"__shared__ float x[32]; x[threadIdx.x] = 1; y[0] = x[31];":                     719, // too short
	} {
		r := newRig(t)
		into := upload(r, make([]float32, 64))
		r.want(0, r.launch(r.kernel(`extern "C" __global__ void run(float* y) { `+body+` }`), 3, 64, 0, into))
		r.want(result, r.cuStreamSynchronize(r.stream))
		r.d.reset()
	}
}

// TestSlowFaultsOfGo has faults of Go's own while a kernel runs.
func TestSlowFaultsOfGo(t *testing.T) {
	r := newRig(t)
	into := upload(r, make([]float32, 1))
	run := r.kernel(`
extern "C" __global__ void run(float* y) {
  for (int i = 0; i < 10000; i++) __syncthreads();
  *y = 1;
}`)
	r.want(0, r.launch(run, 1, 256, 0, into))
	stop, caught := make(chan bool), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				caught <- n
				return
			default:
				n += fault()
			}
		}
	}()
	r.wait()
	close(stop)
	if n := <-caught; n == 0 {
		t.Error("no fault came while the kernel ran")
	}
}

// fault reads what is nowhere, and returns 1 when that was caught.
func fault() (caught int) {
	defer func() {
		if recover() != nil {
			caught = 1
		}
	}()
	var nothing *[64]int
	return nothing[7]
}
