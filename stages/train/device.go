package train

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog/log"
	"golang.org/x/sync/semaphore"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/hostmemory"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// device is where this process trains. It is no setting of a stage: the same
// configuration may run on any.
var device struct {
	sync.Mutex
	place
	open atomic.Int32 // backends of the steps that train side by side on the processor
}

// card lets one step at a time have the GPU and its memory.
var card = semaphore.NewWeighted(1)

// place is what --device and --workers say.
type place struct {
	family  string // auto, cpu or cuda
	kernels string // of the processor; "": the best it has
	gpu     int
	workers int
	looked  bool   // whether there is a GPU is known
	name    string // of the GPU's kernels; "": the processor is used
}

// SetDevice sets the device of all training stages of the process and the number of
// the processor's workers (0: one a core): "auto" (a GPU where there is one that
// works), "cuda" or "cuda:1" for a GPU, "cpu", or "cpu:go", "cpu:avx2" and "cpu:avx512"
// for one kernel of the processor, to repeat a result of another machine. It is called
// before a stage runs; a GPU is looked for when one is wanted.
func SetDevice(name string, workers int) error {
	p := place{workers: workers}
	var which string
	p.family, which, _ = strings.Cut(name, ":")
	var err error
	switch {
	case name == "auto":
	case p.family == "cuda" && which != "":
		p.gpu, err = strconv.Atoi(which)
	case p.family == "cuda":
	case p.family == "cpu":
		p.kernels = which
	default:
		return exit.Errorf(exit.Usage, "--device: %q is not a device; give auto, cuda, cuda:N, cpu, cpu:go, cpu:avx2 or cpu:avx512", name)
	}
	if err != nil || p.gpu < 0 {
		return exit.Errorf(exit.Usage, "--device: %s: %q is not the number of a GPU; give cuda:0 for the first", name, which)
	}
	b, err := cpu.New(cpu.Options{Workers: workers, Kernel: p.kernels})
	if err != nil {
		return exit.Errorf(exit.Usage, "--device: %s: %w", name, err)
	}
	device.Lock()
	defer device.Unlock()
	device.place = p
	return b.Close()
}

// look finds out once whether the GPU is used, by opening it.
func (p *place) look() error {
	if p.looked || p.family == "cpu" {
		return nil
	}
	b, err := p.openGPU()
	if err == nil {
		p.name = b.Name()
		err = b.Close()
	}
	if p.family == "cuda" && err != nil {
		return exit.Errorf(exit.Usage, "--device cuda:%d: %w", p.gpu, err)
	}
	if err != nil {
		p.name = ""
		if !errors.Is(err, cuda.ErrAbsent) {
			log.Warn().Msgf("training runs on the processor, as the GPU cannot be used: %v", err)
		}
	}
	p.looked = true
	return nil
}

func (p *place) openGPU() (kernel.Backend, error) {
	return cuda.New(cuda.Options{Device: p.gpu, Float: kernel.BF16})
}

// kernelName names the kernels that run here.
func (p *place) kernelName() (string, error) {
	if err := p.look(); err != nil || p.name != "" {
		return p.name, err
	}
	b, err := p.openCPU()
	if err != nil {
		return "", err
	}
	return b.Name(), b.Close()
}

// spareMemory says what may be taken for speed alone. Tests say it themselves.
var spareMemory = hostmemory.Spare

func (p *place) openCPU() (kernel.Backend, error) {
	return cpu.New(cpu.Options{Workers: p.workers, Kernel: p.kernels, Open: &device.open, Spare: spareMemory})
}

// onBackend opens the process's device for f. A step that wants the GPU waits until
// no other has it, or ctx ends.
func onBackend(ctx context.Context, f func(b kernel.Backend) error) error {
	device.Lock()
	err := device.look()
	p := device.place
	device.Unlock()
	if err != nil {
		return err
	}
	open := p.openCPU
	if p.name != "" {
		if err := card.Acquire(ctx, 1); err != nil {
			return exit.Errorf(exit.Interrupted, "stopped while another step had the GPU: %w", err)
		}
		defer card.Release(1)
		open = p.openGPU
	}
	b, err := open()
	if err != nil {
		return err
	}
	if err := f(b); err != nil {
		b.Close() // a lost card can hardly be closed, and the cause is what counts
		return onCard(err)
	}
	return b.Close()
}

// onCard says what to do about a failure of a card.
func onCard(err error) error {
	switch {
	case cuda.Failed(err):
		return exit.Errorf(exit.Retry, "%w; the same command goes on from the last training checkpoint", err)
	case errors.Is(err, kernel.ErrMemory) && exit.Of(err) == exit.Failed:
		return exit.Errorf(exit.Usage, "%w: the model does not fit; take a smaller one, or another device by --device", err)
	}
	return err
}

// onDevice is part of every training stage: its bytes depend on the kernels.
type onDevice struct{}

// Kernel names the kernels that run here; it enters the step's fingerprint.
func (onDevice) Kernel() string {
	device.Lock()
	defer device.Unlock()
	name, err := device.kernelName()
	if err != nil {
		return "none"
	}
	return name
}
