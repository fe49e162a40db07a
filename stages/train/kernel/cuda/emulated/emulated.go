// Package emulated is a CUDA device for tests: one shared library in place of
// NVIDIA's driver, compiler and matrix products, that runs kernels on the
// processor. It is compiled with g++ when a test first asks for it.
//
// It is built to find what a card would forgive now and then: streams do nothing
// before somebody waits for them, new memory holds NaNs, memory is guarded on both
// sides, asynchronous copies come as late as they may, and the threads of every
// other block run backwards. It says nothing of speed, and a kernel whose blocks
// wait for each other never ends on it.
package emulated

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// Device is the emulated device of this process.
type Device struct {
	folder string
	control
}

// once is what all tests of the process share.
var once = sync.OnceValues(open)

// built is the folder that Main deletes.
var built string

func open() (*Device, error) {
	folder, err := build()
	if err != nil {
		return nil, err
	}
	built = folder
	d := &Device{folder: folder}
	return d, d.control.open(folder)
}

// Build returns the device, as new, which is then where the test finds NVIDIA's
// libraries; what is compiled for it is kept apart from the user's. Memory that was
// written where none was allocated fails the test. Tests that use the device may not
// run side by side.
func Build(t testing.TB) *Device {
	t.Helper()
	d, err := once()
	if err != nil {
		t.Fatalf("the emulated device: %v", err)
	}
	d.reset()
	t.Setenv(driver.PathVariable, d.folder)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(d.folder, "cache"))
	t.Cleanup(func() {
		if n := d.Overruns(); n > 0 {
			t.Errorf("memory was written %d times outside of what was allocated", n)
		}
		d.reset()
	})
	return d
}

// Main runs the tests of a package and deletes the libraries, where one of them built
// them. It is what a TestMain calls.
func Main(m *testing.M) int {
	code := m.Run()
	if built == "" {
		return code
	}
	if err := os.RemoveAll(built); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Attach returns the device that a parent process built, as new in this one. It is for
// a program that a test starts.
func Attach() (*Device, error) {
	d := &Device{folder: os.Getenv(driver.PathVariable)}
	return d, d.control.open(d.folder)
}

// Hangs and Dies are results for Fail: the call never returns, as where a kernel never
// ends, and the process is killed.
const Hangs, Dies = -1, -2

// Fail has the nth next call of a function fail with a result of its library: 1 is
// the very next. "cuLaunchKernel:rmsnorm" is the launches of one kernel, and
// "cublasLtMatmulAlgoGetHeuristic:offer" the algorithms offered, whose state it sets.
func (d *Device) Fail(call string, nth, code int) { d.fail(call, int32(nth), int32(code)) }

// Calls is how often a function was called, or a kernel launched.
func (d *Device) Calls(call string) int { return int(d.calls(call)) }

// SetMemory sets how many bytes can be allocated, 2 GiB at first.
func (d *Device) SetMemory(bytes uint64) { d.setMemory(bytes) }

// SetVersion sets the CUDA that the driver runs, 12090 at first: 12.9.
func (d *Device) SetVersion(version int) { d.setVersion(int32(version)) }

// SetShared sets the bytes of shared memory that a block may have, 227 KiB at first.
func (d *Device) SetShared(bytes uint64) { d.setShared(bytes) }

// Install puts a library beside the others until the test ends: one that tells of the
// card's state, "libnvidia-ml.so.1", or a newer version of another, which as a copy
// knows nothing of this driver's context and so does not work with it.
func (d *Device) Install(t testing.TB, name string) {
	t.Helper()
	place := filepath.Join(d.folder, name)
	data, err := os.ReadFile(filepath.Join(d.folder, names[0]))
	if err == nil {
		err = os.WriteFile(place, data, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(place); err != nil {
			t.Error(err)
		}
	})
}

// MemoryUsed is how many bytes are allocated.
func (d *Device) MemoryUsed() uint64 { return d.memoryUsed() }

// Overruns is how often memory was written outside of what was allocated.
func (d *Device) Overruns() int { return int(d.overruns()) }
