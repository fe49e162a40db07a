package main

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// product is what one product with frozen weights [out, in] takes, forward or for the
// gradient of its input, on rows of the first shape.
type product struct {
	Rows  int      `json:"rows"`
	Out   int      `json:"out"`
	In    int      `json:"in"`
	Back  bool     `json:"back"`
	Count int      `json:"count"` // of weights of this size
	MS    float64  `json:"ms"`    // of one
	Share *float64 `json:"share_of_peak"`
	State *state   `json:"card"`
}

// share is set where the card's peak, in TFLOP/s, is known.
func (p *product) share(peak float64) {
	p.Share = finite(2 * float64(p.Rows) * float64(p.Out) * float64(p.In) / (p.MS * 1e9 * peak))
}

func (p product) String() string {
	way := "forward"
	if p.Back {
		way = "back"
	}
	return fmt.Sprintf("%d rows, weights [%d, %d] × %d, %s: %.3f ms each, %s of the peak; %v", p.Rows, p.Out, p.In, p.Count, way, p.MS, number("%.2f", p.Share), p.State)
}

// products times every size of weights there is, all of that size one after the other,
// so that none is in the cache.
func (w *work) products(b *bench) error {
	places, order := map[matrix][]int{}, []matrix{}
	at := 0
	for _, m := range w.list {
		if places[m] == nil {
			order = append(order, m)
		}
		places[m] = append(places[m], at)
		at += m.out * m.in
	}
	for _, m := range order {
		for _, back := range []bool{false, true} {
			var p product
			state, err := b.watch.during(func() (err error) { p, err = w.product(b.ours, m, places[m], back); return err })
			if err != nil {
				return err
			}
			p.State = state
			b.tell(finding{Product: &p})
		}
	}
	return nil
}

func (w *work) product(c counts, m matrix, places []int, back bool) (product, error) {
	sizes := kernel.MatMul{M: w.rows, N: m.out, K: m.in, TransB: true, Alpha: 1}
	if back {
		sizes = kernel.MatMul{M: w.rows, N: m.in, K: m.out, Alpha: 1}
	}
	ms, err := w.played(c, func() {
		for _, at := range places {
			w.backend.MatMul(w.y, w.x, w.weights.Slice(at, at+m.out*m.in), sizes)
		}
	})
	return product{Rows: w.rows, Out: m.out, In: m.in, Back: back, Count: len(places), MS: ms / float64(len(places))}, err
}
