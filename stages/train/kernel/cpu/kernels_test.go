package cpu

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

func device64(workers int) *device[float64] {
	return newDevice(Options{Float: kernel.F64, Workers: workers}, pure64())
}

func buffer[T number](v []T) *floats[T] { return &floats[T]{v: v} }

// The known answers are from the kat_vectors file of Random123, the authors'
// own implementation of Philox.
func TestPhiloxKnownAnswers(t *testing.T) {
	const ones = 0xffffffff
	tests := []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0}, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	}
	for _, test := range tests {
		if got := philox(test.counter, test.key); got != test.want {
			t.Errorf("philox(%x, %x) = %x, want %x", test.counter, test.key, got, test.want)
		}
	}
}

// dropped is the dropout of ones by every set of inner loops, which must agree.
func dropped(t *testing.T, workers, n int, step uint64, drop kernel.Drop) []float32 {
	var first []float32
	each(t, func(t *testing.T, f functions[float32]) {
		d := newDevice(Options{Workers: workers}, f)
		x, y := make([]float32, n), make([]float32, n)
		d.Fill(buffer(x), 1)
		words := &ints{[]int32{int32(uint32(step)), int32(step >> 32)}}
		d.Dropout(buffer(y), buffer(x), words, drop, false)
		twice := append([]float32(nil), x...)
		d.Dropout(buffer(twice), buffer(x), words, drop, true)
		for i := range twice {
			if twice[i] != 1+y[i] {
				t.Fatalf("element %d: added to 1 the dropout %g gives %g", i, y[i], twice[i])
			}
		}
		if first != nil && !cmp.Equal(first, y) {
			t.Error("drops other elements than the first kernel")
		}
		first = y
	})
	return first
}

func TestDropoutKeepsItsShareAndIsReproducible(t *testing.T) {
	const n, p, step = 100_001, 0.3, 1<<33 + 2
	drop := kernel.Drop{P: p, Seed: 1<<40 + 5, Stream: 9}
	y := dropped(t, 1, n, step, drop)
	kept := 0
	for _, v := range y {
		if v != 0 && v != float32(1/(1-p)) {
			t.Fatalf("an element became %g", v)
		}
		if v != 0 {
			kept++
		}
	}
	// five standard deviations of a binomial
	if dev := math.Abs(float64(kept) - n*(1-p)); dev > 5*math.Sqrt(n*p*(1-p)) {
		t.Errorf("%d of %d kept", kept, n)
	}
	if !cmp.Equal(y, dropped(t, 3, n, step, drop)) {
		t.Error("three workers drop other elements than one")
	}
	for name, other := range map[string][]float32{
		"seed":           dropped(t, 1, n, step, kernel.Drop{P: p, Seed: drop.Seed + 1, Stream: 9}),
		"stream":         dropped(t, 1, n, step, kernel.Drop{P: p, Seed: drop.Seed, Stream: 10}),
		"low of a step":  dropped(t, 1, n, step+1, drop),
		"high of a step": dropped(t, 1, n, step^1<<33, drop),
	} {
		if cmp.Equal(y, other) {
			t.Errorf("the mask of another %s is the same", name)
		}
	}
}

// TestAdamW compares with torch.optim.AdamW: oracle/adamw_golden.py.
func TestAdamW(t *testing.T) {
	raw, err := os.ReadFile("testdata/adamw.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		LR, Beta1, Beta2, Eps float64
		WeightDecay           float64 `json:"weight_decay"`
		Start                 []float64
		Steps                 []struct{ Grad, Value, M, V []float64 }
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	close := cmpopts.EquateApprox(1e-12, 1e-15)
	for _, c := range cases {
		d, p := device64(2), buffer(c.Start)
		m, v := buffer(make([]float64, p.Len())), buffer(make([]float64, p.Len()))
		for i, s := range c.Steps {
			for j := range s.Grad {
				s.Grad[j] *= 4 // undone by the factor
			}
			d.AdamW(p, nil, buffer(s.Grad), m, v, buffer([]float64{0.25}), kernel.Adam{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay, Step: i + 1})
			for name, pair := range map[string][2][]float64{"value": {s.Value, p.v}, "m": {s.M, m.v}, "v": {s.V, v.v}} {
				if diff := cmp.Diff(pair[0], pair[1], close); diff != "" {
					t.Errorf("step %d, %s: %s", i+1, name, diff)
				}
			}
		}
	}
}

// TestAttentionByDefinition goes past a block of queries, where finite
// differences of small graphs do not.
func TestAttentionByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := kernel.Attention{Batch: 2, Seq: rapid.IntRange(1, 150).Draw(t, "seq"), Heads: 4, KV: rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "kv"), Dim: 6, Scale: 0.4, Causal: true}
		a.Keys = a.Seq
		lengths := []int32{int32(rapid.IntRange(0, a.Seq).Draw(t, "length")), int32(a.Seq)}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		wide := func(heads int) *floats[float64] {
			v := make([]float64, a.Batch*a.Seq*heads*a.Dim)
			for i := range v {
				v[i] = r.NormFloat64()
			}
			return buffer(v)
		}
		q, k, v, dy := wide(a.Heads), wide(a.KV), wide(a.KV), wide(a.Heads)
		y, lse := wide(a.Heads), buffer(make([]float64, a.Batch*a.Seq*a.Heads))
		dq, dk, dv := wide(a.Heads), wide(a.KV), wide(a.KV)
		d := device64(2)
		d.Attention(y, lse, q, k, v, kernel.Seen{Lengths: &ints{lengths}}, a)
		d.AttentionBack(dq, dk, dv, dy, y, lse, q, k, v, kernel.Seen{Lengths: &ints{lengths}}, a)
		want := attendByDefinition(a, lengths, q.v, k.v, v.v, dy.v)
		for i, got := range [][]float64{y.v, dq.v, dk.v, dv.v} {
			if diff := cmp.Diff(want[i], got, cmpopts.EquateApprox(1e-10, 1e-12)); diff != "" {
				t.Fatalf("%s: %s", [...]string{"y", "dq", "dk", "dv"}[i], diff)
			}
		}
	})
}

// attendByDefinition is attention and its gradient, one pair of tokens at a time.
func attendByDefinition(a kernel.Attention, lengths []int32, q, k, v, dy []float64) [4][]float64 {
	out := [4][]float64{make([]float64, len(q)), make([]float64, len(q)), make([]float64, len(k)), make([]float64, len(v))}
	for b, n := range lengths {
		for h := range a.Heads {
			query := func(x []float64, i int) []float64 { return x[((b*a.Seq+i)*a.Heads+h)*a.Dim:][:a.Dim] }
			key := func(x []float64, i int) []float64 {
				return x[((b*a.Seq+i)*a.KV+h/(a.Heads/a.KV))*a.Dim:][:a.Dim]
			}
			for i := range int(n) {
				p, sum := make([]float64, i+1), 0.0
				for j := range p {
					p[j] = math.Exp(a.Scale * dotGo(query(q, i), key(k, j)))
					sum += p[j]
				}
				mean := 0.0
				for j := range p {
					p[j] /= sum
					mean += p[j] * dotGo(query(dy, i), key(v, j))
				}
				for j := range p {
					ds := a.Scale * p[j] * (dotGo(query(dy, i), key(v, j)) - mean)
					for e := range a.Dim {
						query(out[0], i)[e] += p[j] * key(v, j)[e]
						query(out[1], i)[e] += ds * key(k, j)[e]
						key(out[2], j)[e] += ds * query(q, i)[e]
						key(out[3], j)[e] += p[j] * query(dy, i)[e]
					}
				}
			}
		}
	}
	return out
}

func TestUploadConvertsEveryFloat(t *testing.T) {
	// The bits are those of IEEE 754 binary16 and of bfloat16 for the numbers.
	tests := map[kernel.DType]struct {
		bytes []byte
		want  []float64
	}{
		kernel.F16:  {[]byte{0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc}, []float64{1, -2, math.Ldexp(1, -24), 65504, math.Inf(-1)}},
		kernel.BF16: {[]byte{0x80, 0x3f, 0x00, 0xc0, 0x49, 0x40}, []float64{1, -2, 3.140625}},
		kernel.F32:  {kernel.F32s([]float32{1.5, -0.1}).Bytes, []float64{1.5, float64(float32(-0.1))}},
	}
	for dtype, test := range tests {
		for _, float := range []kernel.DType{kernel.F32, kernel.F64} {
			d, err := New(Options{Float: float})
			if err != nil {
				t.Fatal(err)
			}
			b, err := d.Alloc(float, len(test.want))
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, len(test.want))
			if err := d.Upload(b, kernel.Host{DType: dtype, Bytes: test.bytes}); err != nil {
				t.Fatal(err)
			}
			if err := d.Download(kernel.F64s(got), b); err != nil || !cmp.Equal(got, test.want) {
				t.Errorf("%v in %v: got %v, want %v (%v)", dtype, float, got, test.want, err)
			}
		}
	}
}

func TestUploadForgetsThePackedWeights(t *testing.T) {
	d := device64(1)
	x, w, y := buffer([]float64{1, 2}), buffer([]float64{1, 0, 0, 1}), buffer(make([]float64, 2))
	d.Freeze(w, 2, 2)
	product := kernel.MatMul{M: 1, N: 2, K: 2, TransB: true, Alpha: 1}
	d.MatMul(y, x, w, product)
	if err := d.Upload(w, kernel.F64s([]float64{3, 0, 0, 3})); err != nil {
		t.Fatal(err)
	}
	d.MatMul(y, x, w, product)
	if want := []float64{3, 6}; !cmp.Equal(y.v, want) {
		t.Errorf("got %v, want %v", y.v, want)
	}
}

func TestFailuresWaitForSync(t *testing.T) {
	d := device64(2)
	y, table := buffer(make([]float64, 4)), buffer(make([]float64, 6))
	d.Gather(y, table, &ints{[]int32{0, 3}}, 2, 2)
	if d.Sync() == nil {
		t.Error("an id outside the table went unnoticed")
	}
	if err := d.Sync(); err != nil {
		t.Errorf("the failure came twice: %v", err)
	}
	d.parallel(2, 1, func(_ *worker[float64], lo, _ int) {
		if lo == 1 {
			panic("in a worker")
		}
	})
	if d.Sync() == nil {
		t.Error("a panic in a worker went unnoticed")
	}
}

func TestDevicesShareTheWorkers(t *testing.T) {
	var open atomic.Int32
	teams := func(devices ...kernel.Backend) (sizes []int) {
		for _, d := range devices {
			sizes = append(sizes, d.(*device[float32]).team())
		}
		return sizes
	}
	one, errOne := New(Options{Workers: 4, Open: &open})
	alone := teams(one)
	two, errTwo := New(Options{Workers: 4, Open: &open})
	both := teams(one, two)
	if err := errors.Join(errOne, errTwo, two.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]int{{4}, {2, 2}, {4}}, [][]int{alone, both, teams(one)}); diff != "" {
		t.Error(diff)
	}
}
