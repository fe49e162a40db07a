package cuda

import (
	"math"
	"unsafe"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// threads is the block of a kernel that walks a list or a row.
const threads = 256

// launcher collects the arguments of one launch, in memory that is used for all.
type launcher struct {
	d         *device
	name      string
	values    [24]uint64
	addresses [24]unsafe.Pointer
	n         int
}

// kernel begins the launch of a kernel of source/.
func (d *device) kernel(name string) *launcher {
	l := &d.launcher
	l.d, l.name, l.n = d, name, 0
	return l
}

func (l *launcher) push(v uint64) *launcher {
	l.values[l.n] = v
	l.addresses[l.n] = unsafe.Pointer(&l.values[l.n])
	l.n++
	return l
}

func (l *launcher) pointer(p driver.Pointer) *launcher { return l.push(uint64(p)) }
func (l *launcher) int(v int) *launcher                { return l.push(uint64(uint32(int32(v)))) }
func (l *launcher) word(v uint32) *launcher            { return l.push(uint64(v)) }
func (l *launcher) long(v int) *launcher               { return l.push(uint64(v)) }
func (l *launcher) float(v float64) *launcher          { return l.push(uint64(math.Float32bits(float32(v)))) }
func (l *launcher) double(v float64) *launcher         { return l.push(math.Float64bits(v)) }

func (l *launcher) flag(v bool) *launcher {
	if v {
		return l.push(1)
	}
	return l.push(0)
}

func (l *launcher) buffers(list ...kernel.Buffer) *launcher {
	for _, b := range list {
		l.pointer(of(b))
	}
	return l
}

// over launches enough blocks to walk n elements, some a thread, and no more than
// fill the device.
func (l *launcher) over(n int) {
	const perThread = 8
	blocks := (n + perThread*threads - 1) / (perThread * threads)
	l.grid(min(blocks, 16*l.d.gpu.Processors), 1, 1, threads)
}

// grid launches a grid of blocks of n threads.
func (l *launcher) grid(x, y, z, n int) {
	l.launch(driver.Shape{Grid: [3]int{x, y, z}, Block: [3]int{n, 1, 1}})
}

// launch begins the kernel. A grid of nothing is no work.
func (l *launcher) launch(s driver.Shape) {
	d := l.d
	if d.err != nil || s.Grid[0] == 0 || s.Grid[1] == 0 || s.Grid[2] == 0 {
		return
	}
	f, err := driver.Function(0), d.holds(s)
	if err == nil {
		f, err = d.function(l.name, s.Shared)
	}
	if err == nil {
		err = d.stream.Launch(f, s, l.addresses[:l.n])
	}
	if err != nil {
		d.fail("kernel "+l.name, err)
	}
}
