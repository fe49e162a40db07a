package train

import (
	"sync"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// device is where this process trains. It is no setting of a stage: the same
// configuration may run on any.
var device struct {
	sync.Mutex
	name    string
	workers int
}

// SetDevice sets the device of all training stages of the process, "auto" or
// "cpu", and its number of workers (0: one a core). It is called before a stage
// runs.
func SetDevice(name string, workers int) error {
	if name != "auto" && name != "cpu" {
		return exit.Errorf(exit.Usage, "--device: %q is not a device of this build; give auto or cpu", name)
	}
	device.Lock()
	defer device.Unlock()
	device.name, device.workers = name, workers
	return nil
}

// openBackend opens the process's device. The caller closes it.
func openBackend() (kernel.Backend, error) {
	device.Lock()
	defer device.Unlock()
	return cpu.New(cpu.Options{Workers: device.workers})
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
