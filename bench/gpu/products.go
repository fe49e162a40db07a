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
}

func (p product) String() string {
	way := "forward"
	if p.Back {
		way = "back"
	}
	return fmt.Sprintf("%d rows, weights [%d, %d] × %d, %s: %.3f ms each, %s of the peak", p.Rows, p.Out, p.In, p.Count, way, p.MS, number("%.2f", p.Share))
}

// products times every size of weights there is, all of that size one after the other,
// so that none is in the cache; peak is the card's in TFLOP/s.
func (w *work) products(c counts, peak float64) (list []product, err error) {
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
			p, err := w.product(c, m, places[m], back, peak)
			if err != nil {
				return list, err
			}
			list = append(list, p)
		}
	}
	return list, nil
}

func (w *work) product(c counts, m matrix, places []int, back bool, peak float64) (product, error) {
	sizes := kernel.MatMul{M: w.rows, N: m.out, K: m.in, TransB: true, Alpha: 1}
	if back {
		sizes = kernel.MatMul{M: w.rows, N: m.in, K: m.out, Alpha: 1}
	}
	ms, err := w.played(c, func() {
		for _, at := range places {
			w.backend.MatMul(w.y, w.x, w.weights.Slice(at, at+m.out*m.in), sizes)
		}
	})
	p := product{Rows: w.rows, Out: m.out, In: m.in, Back: back, Count: len(places), MS: ms / float64(len(places))}
	p.Share = finite(2 * float64(w.rows) * float64(m.out) * float64(m.in) / (p.MS * 1e9 * peak))
	return p, err
}
