package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// LSTMCell is c = forget·before + input·cell and h = output·tanh(c) (Hochreiter and
// Schmidhuber 1997; Gers et al. 2000), in the order of torch.nn.LSTM's gates.
func (d *device[T]) LSTMCell(h, c, gates, before kernel.Buffer) {
	hs, cs, gs := d.of(h), d.of(c), d.of(gates)
	n := len(hs)
	for i := range n {
		in, forget, cell, out := sigmoid(gs[i]), sigmoid(gs[n+i]), tanh(gs[2*n+i]), sigmoid(gs[3*n+i])
		cs[i] = in * cell
		if before != nil {
			cs[i] += forget * d.of(before)[i]
		}
		hs[i] = out * tanh(cs[i])
		gs[i], gs[n+i], gs[2*n+i], gs[3*n+i] = in, forget, cell, out
	}
}

// LSTMCellBack goes through the state, and through the output to it.
func (d *device[T]) LSTMCellBack(dgates, dc, dh, gates, c, before kernel.Buffer) {
	ds, dcs, dhs, gs, cs := d.of(dgates), d.of(dc), d.of(dh), d.of(gates), d.of(c)
	n := len(dhs)
	for i := range n {
		in, forget, cell, out, t := gs[i], gs[n+i], gs[2*n+i], gs[3*n+i], tanh(cs[i])
		state := dcs[i] + dhs[i]*out*(1-t*t)
		var last T
		if before != nil {
			last = d.of(before)[i]
		}
		ds[i] = state * cell * in * (1 - in)
		ds[n+i] = state * last * forget * (1 - forget)
		ds[2*n+i] = state * in * (1 - cell*cell)
		ds[3*n+i] = dhs[i] * t * out * (1 - out)
		dcs[i] = state * forget
	}
}

func sigmoid[T number](x T) T { return T(1 / (1 + math.Exp(-float64(x)))) }
func tanh[T number](x T) T    { return T(math.Tanh(float64(x))) }
