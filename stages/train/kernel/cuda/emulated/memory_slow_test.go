//go:build slow && linux

package emulated

import (
	"runtime"
	"testing"
	"unsafe"
)

// TestSlowOverruns writes before and behind an allocation, and behind shared memory.
func TestSlowOverruns(t *testing.T) {
	r := newRig(t)
	run := r.kernel(double)
	for i, shift := range []int32{-1, 4} {
		r.want(0, r.launch(run, 1, 32, 0, upload(r, make([]float32, 4)), int32(1), shift))
		r.wait()
		if n := r.d.Overruns(); n != i+1 {
			t.Errorf("shifted by %d: %d overruns", shift, n)
		}
	}
	r.d.reset()
	run = r.kernel(`extern "C" __global__ void run() { dynamic_shared(float, s); s[4] = 1; }`)
	r.want(0, r.launch(run, 2, 1, 16))
	r.wait()
	if n := r.d.Overruns(); n != 2 {
		t.Errorf("%d overruns of shared memory", n)
	}
	r.d.reset()
}

func TestSlowSharedMemory(t *testing.T) {
	r := newRig(t)
	run := r.kernel(`
extern "C" __global__ void run(float* y, int n) {
  dynamic_shared(float, s);
  s[n - 1] = s[0];
  *y = s[n - 1];
}`)
	const most = 227 << 10
	at := upload(r, make([]float32, 1))
	r.want(1, r.launch(run, 1, 1, most, at, int32(most/4)))
	r.want(1, r.cuFuncSetAttribute(run, 8, most+1))
	r.want(0, r.cuFuncSetAttribute(run, 8, most))
	r.want(0, r.launch(run, 1, 1, most, at, int32(most/4)))
	if v := download[float32](r, at, 1)[0]; v == v {
		t.Errorf("shared memory began as %v", v)
	}
}

func TestSlowFailures(t *testing.T) {
	r := newRig(t)
	at, run := upload(r, []float32{1}), r.kernel(double)
	launch := func() int32 { return r.launch(run, 1, 32, 0, at, int32(1), int32(0)) }
	r.d.Fail("cuLaunchKernel:run", 2, 2)
	r.d.Fail("cuLaunchKernel:other", 1, 2)
	r.want(0, launch())
	r.want(2, launch())
	r.want(0, launch())
	r.d.Fail("cuStreamSynchronize", 1, 46)
	r.want(46, r.cuStreamSynchronize(r.stream))
	r.want(46, launch())
	r.d.reset()
	r.want(0, launch())
	r.wait()
	if n, m := r.d.Calls("cuLaunchKernel:run"), r.d.Calls("cuLaunchKernel"); n != 1 || m != 1 {
		t.Errorf("%d and %d launches", n, m)
	}
}

// TestSlowWrongAddresses uses memory of the host, and memory that was freed.
func TestSlowWrongAddresses(t *testing.T) {
	r := newRig(t)
	run, host := r.kernel(double), make([]float32, 4)
	wrong := uint64(uintptr(unsafe.Pointer(&host[0])))
	r.want(1, r.cuMemcpyHtoDAsync(wrong, unsafe.Pointer(&host[0]), 16, r.stream))
	r.want(1, r.cuMemFree(wrong))
	at := upload(r, host)
	r.want(1, r.cuMemcpyHtoDAsync(at+4, unsafe.Pointer(&host[0]), 16, r.stream))
	r.want(0, r.launch(run, 1, 32, 0, wrong, int32(4), int32(0)))
	r.want(700, r.cuStreamSynchronize(r.stream))
}

func TestSlowMemory(t *testing.T) {
	r := newRig(t)
	used := r.d.MemoryUsed()
	r.d.SetMemory(used + 1000)
	var first, second uint64
	r.want(0, r.cuMemAlloc(&first, 600))
	r.want(2, r.cuMemAlloc(&second, 600))
	r.want(0, r.cuMemAlloc(&second, 400))
	var left, whole uint64
	r.want(0, r.cuMemGetInfo(&left, &whole))
	if left != 0 || whole != used+1000 || first%256 != 0 || second%256 != 0 {
		t.Errorf("%d of %d bytes are left, at %#x and %#x", left, whole, first, second)
	}
	if v := download[float32](r, first, 1)[0]; v == v {
		t.Errorf("new memory holds %v", v)
	}
	r.want(0, r.cuMemFree(first))
	r.want(0, r.cuMemFree(second))
	r.want(1, r.cuMemFree(second))
	if n := r.d.MemoryUsed(); n != used {
		t.Errorf("%d bytes are used, not %d", n, used)
	}
}

// TestSlowContext calls from a thread that has no context.
func TestSlowContext(t *testing.T) {
	r := newRig(t)
	results := make(chan int32)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		results <- r.cuStreamSynchronize(r.stream)
	}()
	r.want(201, <-results)
}
