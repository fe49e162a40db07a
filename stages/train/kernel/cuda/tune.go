package cuda

import (
	"errors"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

const (
	tunedOffers = 8 // algorithms that are tried
	tunedRounds = 5 // times each, of which the shortest counts
)

// fastest tries what cuBLAS offers for a product and keeps what took the least time. An
// offer that is refused is passed over, as long as another works. The result goes to memory of its own: the product may add to what is there.
func (d *device) fastest(q *driver.Product, p product, left, right driver.Pointer) error {
	if q.Offers() == 1 {
		return nil
	}
	into, err := d.context.Alloc(p.m * p.n * p.c.dtype.Size())
	if err != nil {
		return memoryError(err)
	}
	best, least := 0, math.Inf(1)
	for i := range q.Offers() {
		q.Choose(i)
		took, failed := d.time(func() error { return q.Begin(d.stream, into, left, right, 1, 0, d.workspace) })
		err = errors.Join(err, failed)
		if failed == nil && took < least {
			best, least = i, took
		}
	}
	q.Choose(best)
	if !math.IsInf(least, 1) {
		err = nil
	}
	return errors.Join(err, d.context.Free(into))
}

// time is the shortest time of some calls on the device, in ms, after one to warm up.
func (d *device) time(begin func() error) (least float64, err error) {
	from, errFrom := d.context.NewEvent()
	to, errTo := d.context.NewEvent()
	if err := errors.Join(errFrom, errTo); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, from.Close(), to.Close()) }()
	if err := begin(); err != nil {
		return 0, err
	}
	least = math.Inf(1)
	for range tunedRounds {
		if err := errors.Join(from.Record(d.stream), begin(), to.Record(d.stream), to.Wait()); err != nil {
			return 0, err
		}
		ms, err := to.Since(from)
		if err != nil {
			return 0, err
		}
		least = min(least, float64(ms))
	}
	return least, nil
}
