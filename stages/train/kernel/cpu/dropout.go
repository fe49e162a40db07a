package cpu

import "github.com/clinflow/clinflow/stages/train/kernel"

// Dropout is y = x ⊙ mask / (1-p).
func (d *device[T]) Dropout(y, x kernel.Buffer, drop kernel.Drop, acc bool) {
	ys, xs := d.of(y), d.of(x)
	keep := T(1 / (1 - drop.P))
	below := uint32(drop.P * (1 << 32)) // a number below this drops its element
	d.parallel(len(xs), grain, func(_ *worker[T], lo, hi int) {
		for ; lo < hi; lo += 4 {
			end := min(lo+4, hi)
			random := philox(dropCounter(drop, lo), [2]uint32{uint32(drop.Seed), uint32(drop.Seed >> 32)})
			dropFour(ys[lo:end], xs[lo:end], random, below, keep, acc)
		}
	})
}

func dropFour[T number](y, x []T, random [4]uint32, below uint32, keep T, acc bool) {
	for i := range x {
		var v T
		if random[i] >= below {
			v = x[i] * keep
		}
		if acc {
			v += y[i]
		}
		y[i] = v
	}
}

// dropCounter is the counter of the four elements from i on.
func dropCounter(d kernel.Drop, i int) [4]uint32 {
	return [4]uint32{uint32(i / 4), d.Stream, uint32(d.Step), uint32(d.Step >> 32)}
}

// philox is Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (SC 2011), constants from its section 4. The state is in variables,
// since Go keeps no array in registers.
func philox(c [4]uint32, key [2]uint32) [4]uint32 {
	const m0, m1, w0, w1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85
	c0, c1, c2, c3, k0, k1 := c[0], c[1], c[2], c[3], key[0], key[1]
	for range 10 {
		p0, p1 := m0*uint64(c0), m1*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0, k1 = k0+w0, k1+w1
	}
	return [4]uint32{c0, c1, c2, c3}
}
