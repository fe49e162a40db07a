package driver

import "unsafe"

var monitorFunctions = []string{
	"nvmlInit_v2", "nvmlErrorString", "nvmlDeviceGetHandleByPciBusId_v2",
	"nvmlDeviceGetClockInfo", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetCurrentClocksThrottleReasons", "nvmlShutdown",
}

// Monitor is libnvidia-ml, which tells of a card's state. The driver brings it.
type Monitor struct {
	lib    *library
	device uintptr
}

// State is a card's at a moment.
type State struct {
	ClockMHz  int // of the multiprocessors
	PowerW    float64
	Throttled []string // why the clock is lower than it could be
}

// reasons are nvml.h's nvmlClocksThrottleReason bits, without those of an idle card and
// of a clock that somebody set.
var reasons = map[uint64]string{
	0x4: "power cap", 0x8: "hardware slowdown", 0x10: "sync boost", 0x20: "thermal, software",
	0x40: "thermal, hardware", 0x80: "power brake", 0x100: "display clock",
}

// OpenMonitor finds the library and the card by its place on PCI, as Device names it.
func OpenMonitor(bus string) (*Monitor, error) {
	lib, err := open([]string{"libnvidia-ml.so.1"}, monitorFunctions, "it comes with NVIDIA's driver")
	if err != nil {
		return nil, err
	}
	lib.explain = func(code int) string {
		text := invoke(lib.symbols["nvmlErrorString"], uintptr(code))
		return cString(*(**byte)(unsafe.Pointer(&text)))
	}
	if err := lib.call("nvmlInit_v2"); err != nil {
		return nil, err
	}
	m, name := &Monitor{lib: lib}, append([]byte(bus), 0)
	return m, lib.call("nvmlDeviceGetHandleByPciBusId_v2", uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&m.device)))
}

// State looks at the card.
func (m *Monitor) State() (s State, err error) {
	const multiprocessors = 1 // NVML_CLOCK_SM
	var clock, milliwatts uint32
	var why uint64
	if err := m.lib.call("nvmlDeviceGetClockInfo", m.device, multiprocessors, uintptr(unsafe.Pointer(&clock))); err != nil {
		return s, err
	}
	if err := m.lib.call("nvmlDeviceGetPowerUsage", m.device, uintptr(unsafe.Pointer(&milliwatts))); err != nil {
		return s, err
	}
	if err := m.lib.call("nvmlDeviceGetCurrentClocksThrottleReasons", m.device, uintptr(unsafe.Pointer(&why))); err != nil {
		return s, err
	}
	for bit, reason := range reasons {
		if why&bit != 0 {
			s.Throttled = append(s.Throttled, reason)
		}
	}
	s.ClockMHz, s.PowerW = int(clock), float64(milliwatts)/1e3
	return s, nil
}

// Close gives the library's memory back.
func (m *Monitor) Close() error { return m.lib.call("nvmlShutdown") }
