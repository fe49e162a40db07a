package train

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/semaphore"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/hostmemory"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// device is where the training stages of an environment run. It is no setting of a
// stage: the same configuration may run on any.
type device struct {
	family  string // auto, cpu or cuda
	kernels string // of the processor; "": the best it has
	gpu     int
	workers int
	env     *stages.Environment
	spare   func(bytes int64) bool // whether memory may be taken for speed alone
	memory  int64                  // of the machine, in bytes; 0: not known

	mu     sync.Mutex
	looked bool   // whether there is a GPU is known
	name   string // of the GPU's kernels; "": the processor is used
}

// machine is what the steps of all environments of the process share.
var machine = struct {
	card *semaphore.Weighted // one step at a time has the GPU and its memory
	open atomic.Int32        // backends of the steps that train side by side on the processor
}{card: semaphore.NewWeighted(1)}

// CheckDevice refuses an environment's device that is none: exit.Usage. A GPU is looked
// for when one is wanted.
func CheckDevice(env *stages.Environment) error {
	d, err := newDevice(env)
	if err != nil {
		return err
	}
	b, err := d.openCPU()
	if err != nil {
		return exit.Errorf(exit.Usage, "--device: %s: %w", env.Device, err)
	}
	return b.Close()
}

func newDevice(env *stages.Environment) (*device, error) {
	d := &device{workers: env.Workers, env: env, spare: hostmemory.Spare, memory: hostmemory.Total()}
	var which string
	d.family, which, _ = strings.Cut(env.Device, ":")
	var err error
	switch {
	case env.Device == "auto":
	case d.family == "cuda" && which != "":
		d.gpu, err = strconv.Atoi(which)
	case d.family == "cuda":
	case d.family == "cpu":
		d.kernels = which
	default:
		return nil, exit.Errorf(exit.Usage, "--device: %q is not a device; give auto, cuda, cuda:N, cpu, cpu:go, cpu:avx2 or cpu:avx512", env.Device)
	}
	if err != nil || d.gpu < 0 {
		return nil, exit.Errorf(exit.Usage, "--device: %s: %q is not the number of a GPU; give cuda:0 for the first", env.Device, which)
	}
	return d, nil
}

// look finds out once whether the GPU is used, by opening it.
func (d *device) look() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.looked || d.family == "cpu" {
		return nil
	}
	b, err := d.openGPU()
	if err == nil {
		d.name = b.Name()
		err = b.Close()
	}
	if d.family == "cuda" && err != nil {
		return exit.Errorf(exit.Usage, "--device cuda:%d: %w", d.gpu, err)
	}
	if err != nil {
		d.name = ""
		if !errors.Is(err, cuda.ErrAbsent) {
			d.env.Log.Warn().Msgf("training runs on the processor, as the GPU cannot be used: %v", err)
		}
	}
	d.looked = true
	return nil
}

func (d *device) openGPU() (kernel.Backend, error) {
	return cuda.New(cuda.Options{Device: d.gpu, Float: kernel.BF16})
}

// kernelName names the kernels that run here.
func (d *device) kernelName() (string, error) {
	if err := d.look(); err != nil || d.name != "" {
		return d.name, err
	}
	b, err := d.openCPU()
	if err != nil {
		return "", err
	}
	return b.Name(), b.Close()
}

func (d *device) openCPU() (kernel.Backend, error) {
	return cpu.New(cpu.Options{Workers: d.workers, Kernel: d.kernels, Open: &machine.open, Spare: d.spare, Memory: d.memory})
}

// onDevice is part of every training stage: its bytes depend on the kernels.
type onDevice struct{ env *stages.Environment }

// deviceKey finds an environment's device among what its stages share.
type deviceKey struct {
	name    string
	workers int
}

// device is that of the environment, one for all its stages.
func (o onDevice) device() (*device, error) {
	type made struct {
		*device
		error
	}
	m := o.env.Shared(deviceKey{o.env.Device, o.env.Workers}, func() any {
		d, err := newDevice(o.env)
		return made{d, err}
	}).(made)
	return m.device, m.error
}

// onBackend opens the environment's device for f. A step that wants the GPU waits until
// no other has it, or ctx ends.
func (o onDevice) onBackend(ctx context.Context, f func(b kernel.Backend) error) error {
	d, err := o.device()
	if err == nil {
		err = d.look()
	}
	if err != nil {
		return err
	}
	open := d.openCPU
	if d.name != "" {
		if err := machine.card.Acquire(ctx, 1); err != nil {
			return exit.Errorf(exit.Interrupted, "stopped while another step had the GPU: %w", err)
		}
		defer machine.card.Release(1)
		open = d.openGPU
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

// beyondMemory refuses what is to be trained on the processor in more bytes than the
// machine has, before any is taken. A card says so when it is asked for them.
func (o onDevice) beyondMemory(key string, bytes float64) []stages.Fault {
	d, err := o.device()
	if err != nil || d.look() != nil || d.name != "" || d.memory == 0 || bytes <= float64(d.memory) {
		return nil
	}
	return stages.Faultf(key, "the model's weights, gradients and moments take %s, and there are %s of memory; take a smaller hidden_size or intermediate_size, or fewer layers",
		humanize.SIWithDigits(bytes, 1, "B"), humanize.IBytes(uint64(d.memory)))
}

// onCard says what to do about a failure of a card, or too little memory of any device.
func onCard(err error) error {
	switch {
	case cuda.Failed(err):
		return exit.Errorf(exit.Retry, "%w; the same command goes on from the last training checkpoint", err)
	case errors.Is(err, kernel.ErrMemory) && exit.Of(err) == exit.Failed:
		return exit.Errorf(exit.Usage, "%w: the model does not fit; take a smaller one, or another device by --device", err)
	}
	return err
}

// Kernel names the kernels that run here; it enters the step's fingerprint.
func (o onDevice) Kernel() string {
	d, err := o.device()
	if err != nil {
		return "none"
	}
	name, err := d.kernelName()
	if err != nil {
		return "none"
	}
	return name
}

// wanted looks for the GPU that the environment asks for by name.
func (o onDevice) wanted() []stages.Fault {
	d, err := o.device()
	if err == nil && d.family == "cuda" {
		err = d.look()
	}
	return stages.FaultOf("--device", err)
}
