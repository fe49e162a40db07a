package cpu

import (
	"math/bits"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Dropout is y = x ⊙ mask / (1-p).
func (d *device[T]) Dropout(y, x kernel.Buffer, drop kernel.Drop, acc bool) {
	ys, xs := d.of(y), d.of(x)
	keep := T(1 / (1 - drop.P))
	below := uint32(drop.P * (1 << 32)) // a number below this drops its element
	d.parallel(len(xs), grain, func(_ *worker[T], lo, hi int) {
		for ; lo < hi; lo += 4 {
			random := philox(dropCounter(drop, lo), [2]uint32{uint32(drop.Seed), uint32(drop.Seed >> 32)})
			for j, i := 0, lo; i < min(lo+4, hi); i, j = i+1, j+1 {
				var v T
				if random[j] >= below {
					v = xs[i] * keep
				}
				if acc {
					v += ys[i]
				}
				ys[i] = v
			}
		}
	})
}

// dropCounter is the counter of the four elements from i on.
func dropCounter(d kernel.Drop, i int) [4]uint32 {
	return [4]uint32{uint32(i / 4), d.Stream, uint32(d.Step), uint32(d.Step >> 32)}
}

// philox is Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (SC 2011), constants from its section 4.
func philox(c [4]uint32, key [2]uint32) [4]uint32 {
	const m0, m1, w0, w1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85
	for range 10 {
		h0, l0 := bits.Mul32(m0, c[0])
		h1, l1 := bits.Mul32(m1, c[2])
		c = [4]uint32{h1 ^ c[1] ^ key[0], l1, h0 ^ c[3] ^ key[1], l0}
		key[0], key[1] = key[0]+w0, key[1]+w1
	}
	return c
}
