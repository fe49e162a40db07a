//go:build slow && linux

package emulated

import (
	"testing"
	"unsafe"
)

// double is a kernel that doubles n numbers, and what lies behind them by shift.
const double = `
extern "C" __global__ void run(float* x, int n, int shift) {
  for (int64 i = first(); i < n; i += stride()) x[i + shift] *= 2;
}`

// TestSlowLate changes host memory after the copy began, and reads it before it
// ended.
func TestSlowLate(t *testing.T) {
	r := newRig(t)
	at := upload(r, make([]float32, 2))
	from, to := []float32{1, 2}, make([]float32, 2)
	r.want(0, r.cuMemcpyHtoDAsync(at, unsafe.Pointer(&from[0]), 8, r.stream))
	from[1] = 5
	r.want(0, r.launch(r.kernel(double), 1, 32, 0, at, int32(2), int32(0)))
	r.want(0, r.cuMemcpyDtoHAsync(unsafe.Pointer(&to[0]), at, 8, r.stream))
	if to[0] != 0 {
		t.Errorf("%v was copied before anybody waited", to)
	}
	r.wait()
	if to[0] != 2 || to[1] != 10 {
		t.Errorf("copied %v", to)
	}
}

func TestSlowEvents(t *testing.T) {
	r := newRig(t)
	at, to := upload(r, []float32{1}), make([]float32, 1)
	var before, after uintptr
	r.want(0, r.cuEventCreate(&before, 0))
	r.want(0, r.cuEventCreate(&after, 0))
	run := r.kernel(double)
	r.want(0, r.cuEventQuery(before))
	r.want(0, r.cuEventRecord(before, r.stream))
	r.want(0, r.launch(run, 1, 32, 0, at, int32(1), int32(0)))
	r.want(0, r.cuMemcpyDtoHAsync(unsafe.Pointer(&to[0]), at, 4, r.stream))
	r.want(0, r.cuEventRecord(after, r.stream))
	r.want(0, r.cuEventSynchronize(before))
	if to[0] != 0 {
		t.Error("more than the event was waited for")
	}
	var milliseconds float32
	r.want(600, r.cuEventElapsedTime(&milliseconds, before, after))
	r.want(600, r.cuEventQuery(after))
	r.want(0, r.cuEventQuery(after))
	r.want(0, r.cuEventElapsedTime(&milliseconds, before, after))
	if to[0] != 2 || milliseconds <= 0 {
		t.Errorf("%v after %v ms", to[0], milliseconds)
	}
	r.want(0, r.cuEventDestroy(before))
	r.want(400, r.cuEventDestroy(before))
	r.want(0, r.cuEventDestroy(after))
}

func TestSlowGraph(t *testing.T) {
	r := newRig(t)
	at, run := upload(r, []float32{1}), r.kernel(double)
	var graph, replay uintptr
	r.want(0, r.cuStreamBeginCapture(r.stream, 1))
	r.want(0, r.launch(run, 1, 32, 0, at, int32(1), int32(0)))
	r.want(0, r.launch(run, 1, 32, 0, at, int32(1), int32(0)))
	r.want(0, r.cuStreamEndCapture(r.stream, &graph))
	r.want(0, r.cuGraphInstantiateWithFlags(&replay, graph, 0))
	r.want(0, r.cuGraphDestroy(graph))
	if v := download[float32](r, at, 1)[0]; v != 1 {
		t.Errorf("the capture ran: %v", v)
	}
	for range 3 {
		r.want(0, r.cuGraphLaunch(replay, r.stream))
	}
	if v := download[float32](r, at, 1)[0]; v != 64 {
		t.Errorf("three replays gave %v", v)
	}
	r.want(0, r.cuGraphExecDestroy(replay))
	r.want(400, r.cuGraphLaunch(replay, r.stream))
}

// TestSlowSpoiltCapture does what a capture does not allow.
func TestSlowSpoiltCapture(t *testing.T) {
	r := newRig(t)
	var at uint64
	var graph uintptr
	for name, f := range map[string]func() int32{
		"allocation":      func() int32 { return r.cuMemAlloc(&at, 4) },
		"synchronisation": func() int32 { return r.cuStreamSynchronize(r.stream) },
	} {
		r.want(0, r.cuStreamBeginCapture(r.stream, 0))
		if result := f(); result != 900 {
			t.Errorf("%s: %d", name, result)
		}
		r.want(901, r.cuStreamEndCapture(r.stream, &graph))
	}
	r.wait()
}
