package eval

import "testing"

func TestBlocksRoundTrip(t *testing.T) {
	c := golden(t)[2]
	g := group{classes: len(c.Logits[0]), multiLabel: true, logits: c.Logits, labels: c.Labels}
	for _, b := range g.blocks() {
		got, err := unpackBlock(b.pack())
		if err != nil {
			t.Fatal(err)
		}
		for i, logits := range c.Logits {
			for k := range got.width {
				if got.logit(i, k) != float64(logits[got.first+k]) {
					t.Fatalf("row %d, class %d: another logit", i, k)
				}
			}
		}
		for _, damaged := range [][]byte{nil, b.pack()[:7], b.pack()[:len(b.pack())-1]} {
			if _, err := unpackBlock(damaged); err == nil {
				t.Error("a damaged accumulator was taken")
			}
		}
	}
}

// FuzzUnpackBlock: a damaged accumulator is an error, or a block that can be
// read to its end.
func FuzzUnpackBlock(f *testing.F) {
	g := group{classes: 3, multiLabel: true, logits: [][]float32{{1, 2, 3}}, labels: [][]int32{{0, 2}}}
	f.Add(g.blocks()[0].pack())
	g.multiLabel, g.labels = false, [][]int32{{2}}
	f.Add(g.blocks()[0].pack())
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := unpackBlock(data)
		if err != nil || b.n == 0 || b.width == 0 {
			return
		}
		b.norm(b.n - 1)
		b.logit(b.n-1, b.width-1)
		if b.multiLabel {
			b.has(b.n-1, b.width-1)
		} else {
			b.label(b.n - 1)
		}
	})
}
