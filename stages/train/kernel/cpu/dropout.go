package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// dropState is what dropout's inner loop needs, as the assembly reads it.
type dropState [8]uint32

// The places of dropState.
const (
	dropStream = iota
	dropStepLow
	dropStepHigh
	dropKeyLow
	dropKeyHigh
	dropBelow   // a random number below this drops its element
	dropKeep    // the bits of the float32 that the others are multiplied by
	dropCounter // of the first block
)

// dropLength is how many elements share 16 counters: element i of the block uses
// word i/16 of counter i%16, so that a vector of counters gives vectors of
// neighbours.
const dropLength = 64

func newDropState(drop kernel.Drop, step []int32) dropState {
	return dropState{drop.Stream, uint32(step[0]), uint32(step[1]), uint32(drop.Seed), uint32(drop.Seed >> 32),
		uint32(drop.P * (1 << 32)), math.Float32bits(float32(1 / (1 - drop.P)))}
}

// Dropout is y = x ⊙ mask / (1-p).
func (d *device[T]) Dropout(y, x, step kernel.Buffer, drop kernel.Drop, acc bool) {
	ys, xs, s := d.of(y), d.of(x), newDropState(drop, intsOf(step))
	d.parallel(len(xs), grain, func(_ *worker[T], lo, hi int) {
		at := s
		at[dropCounter] = uint32(lo / dropLength * 16)
		d.drop(ys[lo:hi], xs[lo:hi], at, acc)
	})
}

func dropGo[T number](y, x []T, s dropState, acc bool) {
	for len(x) > 0 {
		n := min(len(x), dropLength)
		dropBlock(y[:n], x[:n], s, acc)
		x, y = x[n:], y[n:]
		s[dropCounter] += 16
	}
}

func dropBlock[T number](y, x []T, s dropState, acc bool) {
	keep := T(math.Float32frombits(s[dropKeep]))
	for lane := range min(16, len(x)) {
		random := philox([4]uint32{s[dropCounter] + uint32(lane), s[dropStream], s[dropStepLow], s[dropStepHigh]}, [2]uint32{s[dropKeyLow], s[dropKeyHigh]})
		for word, i := 0, lane; i < len(x); word, i = word+1, i+16 {
			var v T
			if random[word] >= s[dropBelow] {
				v = x[i] * keep
			}
			if acc {
				v += y[i]
			}
			y[i] = v
		}
	}
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
