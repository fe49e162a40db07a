package cpu

import (
	"errors"
	"math"
	"testing"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

func TestBuffersBeyondMemoryAreRefused(t *testing.T) {
	const memory = 1000
	for _, c := range []struct {
		dtype      kernel.DType
		held, n    int // elements of F32, and of dtype
		beyond     bool
		afterwards int // elements of F32 that there is room for when all was freed
	}{
		{kernel.F32, 0, 250, false, 250},
		{kernel.F32, 0, 251, true, 250},
		{kernel.F32, 200, 50, false, 250},
		{kernel.I32, 200, 51, true, 250},
		{kernel.F32, 0, math.MaxInt, true, 250},
	} {
		b, err := New(Options{Workers: 1, Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		held, err := b.Alloc(kernel.F32, c.held)
		if err != nil {
			t.Fatal(err)
		}
		more, err := b.Alloc(c.dtype, c.n)
		if errors.Is(err, kernel.ErrMemory) != c.beyond || (err == nil) == c.beyond {
			t.Errorf("%d elements beside %d: %v", c.n, c.held, err)
		}
		b.Free(held)
		b.Free(more)
		if _, err := b.Alloc(kernel.F32, c.afterwards); err != nil {
			t.Errorf("%d elements beside %d, freed: %v", c.n, c.held, err)
		}
	}
}
