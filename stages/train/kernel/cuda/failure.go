package cuda

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// failureBytes hold one int32, what a lookup outside its table sets: see
// source/lookup.cu.
const failureBytes = 4

// Failed says whether the device or its driver failed: not for want of memory.
func Failed(err error) bool {
	var failed *driver.Error
	return errors.As(err, &failed) && !errors.Is(err, kernel.ErrMemory)
}

// fail keeps the first failure until Sync, with the op that it happened in.
func (d *device) fail(what string, err error) {
	if err == nil || d.err != nil {
		return
	}
	if d.op == "" {
		d.err = fmt.Errorf("%s: %w", what, err)
		return
	}
	d.err = fmt.Errorf("op %s, %s: %w", d.op, what, err)
}

// Sync waits for the device and returns the first failure since the last Sync. A
// failure on the device shows here: the op named is then the last that was begun.
func (d *device) Sync() error {
	d.enter()
	defer d.context.Leave()
	return d.sync()
}

func (d *device) sync() error {
	if d.err == nil {
		d.fail("copy from the device", d.stream.Download(d.failed, d.failure))
		d.after("wait for the device", d.stream.Wait())
	}
	err := d.err
	d.err, d.op = nil, ""
	if err != nil {
		return err
	}
	return d.outside()
}

// after is fail for work that was begun earlier.
func (d *device) after(what string, err error) {
	if err != nil {
		d.fail(what, fmt.Errorf("%w; it may be any op up to this one: CUDA_LAUNCH_BLOCKING=1 stops at the one that fails", err))
	}
}

// outside tells of an index outside a table, once.
func (d *device) outside() error {
	place := binary.LittleEndian.Uint32(d.failed)
	if place == 0 {
		return nil
	}
	if err := d.stream.Zero(d.failure, failureBytes); err != nil {
		return err
	}
	return fmt.Errorf("index %d of a lookup is outside its table", place-1)
}

// enter makes the context current. Its failure is kept like any other.
func (d *device) enter() { d.fail("enter the device's context", d.context.Enter()) }
