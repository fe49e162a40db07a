package train

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// device is where this process trains. It is no setting of a stage: the same
// configuration may run on any.
var device struct {
	sync.Mutex
	kernels string // of the processor; "": the best it has
	workers int
	open    atomic.Int32 // backends of the steps that train side by side
}

// SetDevice sets the device of all training stages of the process and its number
// of workers (0: one a core): "auto", "cpu", or "cpu:go", "cpu:avx2" and
// "cpu:avx512" for one kernel of the processor, to repeat a result of another
// machine. It is called before a stage runs.
func SetDevice(name string, workers int) error {
	family, kernels, _ := strings.Cut(name, ":")
	if name != "auto" && family != "cpu" {
		return exit.Errorf(exit.Usage, "--device: %q is not a device of this build; give auto, cpu, cpu:go, cpu:avx2 or cpu:avx512", name)
	}
	b, err := cpu.New(cpu.Options{Workers: workers, Kernel: kernels})
	if err != nil {
		return exit.Errorf(exit.Usage, "--device %s: %w", name, err)
	}
	b.Close()
	device.Lock()
	defer device.Unlock()
	device.kernels, device.workers = kernels, workers
	return nil
}

// openBackend opens the process's device. The caller closes it.
func openBackend() (kernel.Backend, error) {
	device.Lock()
	defer device.Unlock()
	return cpu.New(cpu.Options{Workers: device.workers, Kernel: device.kernels, Open: &device.open})
}

// onDevice is part of every training stage: its bytes depend on the kernels.
type onDevice struct{}

// Kernel names the kernels that run here; it enters the step's fingerprint.
func (onDevice) Kernel() string {
	b, err := openBackend()
	if err != nil {
		return "none"
	}
	defer b.Close()
	return b.Name()
}
