package graph_test

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// split cuts a batch before the rows at.
func split(b graph.Batch, seq int, at ...int) []graph.Batch {
	var out []graph.Batch
	lo := 0
	for _, hi := range append(at, len(b.Lengths)) {
		out = append(out, graph.Batch{InputIDs: b.InputIDs[lo*seq : hi*seq], Lengths: b.Lengths[lo:hi], RowWeights: b.RowWeights[lo:hi],
			Labels: b.Labels[lo:hi], Targets: b.Targets[lo*3 : hi*3], Step: b.Step})
		lo = hi
	}
	return out
}

func TestMicroBatchesAddUpToOneLargeBatch(t *testing.T) {
	b := backend(t, cpu.Options{Float: kernel.F64, Workers: 2})
	for _, name := range []string{"two layers", "attention", "multi-label", "tied embeddings"} {
		t.Run(name, func(t *testing.T) {
			n := newNet(t, b, graph.Options{Batch: 5, Seq: 6}, 3) // no dropout: its masks belong to places in a batch
			whole := tokens(n.random, 5, 6, vocab)
			large := n.compile(t, networks[name], true)
			want := n.gradients(t, large, whole)
			n.opts.Batch = 2 // the last micro-batch has one row, filled up by a row of no weight
			small := n.compile(t, networks[name], true)
			parts := split(whole, 6, 2, 4)
			denominator := 0.0
			for _, p := range parts {
				w, err := small.Weight(p)
				if err != nil {
					t.Fatal(err)
				}
				denominator += w
			}
			if diff := cmp.Diff(want, n.gradients(t, small, withDenominator(parts, denominator)...), cmpopts.EquateApprox(1e-12, 1e-14)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGradientsAccumulateUntilZeroed(t *testing.T) {
	b := backend(t, cpu.Options{Float: kernel.F64})
	n := newNet(t, b, graph.Options{Batch: 3, Seq: 5, Training: true}, 9)
	batch := tokens(n.random, 3, 5, vocab)
	m := n.compile(t, networks["two layers"], true)
	one, three := n.gradients(t, m, batch), n.gradients(t, m, batch, batch, batch)
	for name := range one {
		for i := range one[name] {
			one[name][i] *= 3
		}
	}
	if diff := cmp.Diff(one, three, cmpopts.EquateApprox(1e-13, 0)); diff != "" {
		t.Error(diff)
	}
}

// step runs a training step of a small LLaMA in float32 and returns what it
// left: the loss, and every gradient.
func step(t testing.TB, o cpu.Options) (float64, map[string][]float64) {
	n := newNet(t, backend(t, o), graph.Options{Batch: 3, Seq: 70, Training: true, Seed: 2}, 11)
	m := n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
		return llama(n, g, llamaSize{2, 48, 4, 2, 100, 301, 4, 0.1})
	}, true)
	batch := tokens(n.random, 3, 70, 301)
	grads := n.gradients(t, m, batch)
	r, err := m.Run(batch)
	if err != nil {
		t.Fatal(err)
	}
	return r.Loss, grads
}

func kernels(t testing.TB) []string {
	var have []string
	for _, k := range []string{"go", "avx2", "avx512"} {
		if _, err := cpu.New(cpu.Options{Kernel: k}); err == nil {
			have = append(have, k)
		}
	}
	return have
}

func TestAnyNumberOfWorkersGivesTheSameBytes(t *testing.T) {
	for _, k := range kernels(t) {
		loss, grads := step(t, cpu.Options{Kernel: k, Workers: 1})
		for workers := 2; workers <= 5; workers++ {
			l, g := step(t, cpu.Options{Kernel: k, Workers: workers})
			if l != loss || !cmp.Equal(g, grads) {
				t.Errorf("kernel %s: %d workers differ from one", k, workers)
			}
		}
	}
}

func TestKernelsAgree(t *testing.T) {
	loss, want := step(t, cpu.Options{Float: kernel.F64})
	for _, k := range kernels(t) {
		l, got := step(t, cpu.Options{Kernel: k})
		if math.Abs(l-loss) > 1e-5*loss {
			t.Errorf("kernel %s: loss %g, in float64 %g", k, l, loss)
		}
		for name := range want {
			if d := distance(got[name], want[name]); d > 1e-5 {
				t.Errorf("kernel %s: gradient of %s is off by %g of its norm", k, name, d)
			}
		}
	}
}

// distance is |a-b| / |b|.
func distance(a, b []float64) float64 {
	var diff, norm float64
	for i := range b {
		diff += (a[i] - b[i]) * (a[i] - b[i])
		norm += b[i] * b[i]
	}
	return math.Sqrt(diff / norm)
}

// poisoning spoils what is freed, as another use of the memory would.
type poisoning struct{ kernel.Backend }

func (p poisoning) Free(b kernel.Buffer) {
	if b.DType() != kernel.I32 {
		p.Fill(b, math.NaN())
	}
	p.Backend.Free(b)
}

func TestGraphsOfDifferentShapesShareParametersAndWorkspace(t *testing.T) {
	b := poisoning{backend(t, cpu.Options{Float: kernel.F64})}
	n := newNet(t, b, graph.Options{Batch: 2, Seq: 4}, 1)
	small := n.compile(t, networks["two layers"], true)
	short := tokens(n.random, 2, 4, vocab)
	before := n.gradients(t, small, short)
	n.opts.Seq = 16 // a larger workspace replaces the first
	large := n.compile(t, networks["two layers"], true)
	n.gradients(t, large, tokens(n.random, 2, 16, vocab))
	if diff := cmp.Diff(before, n.gradients(t, small, short)); diff != "" {
		t.Error(diff)
	}
}

// counting counts what a backend allocates.
type counting struct {
	kernel.Backend
	elements int
}

func (c *counting) Alloc(d kernel.DType, n int) (kernel.Buffer, error) {
	c.elements += n
	return c.Backend.Alloc(d, n)
}

func TestFrozenParametersHaveNoGradientBuffers(t *testing.T) {
	c := &counting{Backend: backend(t, cpu.Options{})}
	p := graph.NewParams(c)
	frozen := p.Add("frozen", graph.Frozen, 10, 10)
	if c.elements != 100 {
		t.Errorf("a frozen parameter of 100 elements took %d", c.elements)
	}
	p.Add("trained", graph.Trainable, 10, 10) // value, gradient, two moments
	if c.elements != 500 {
		t.Errorf("with a trained one, %d elements, want 500", c.elements)
	}
	if err := frozen.DownloadGrad(kernel.F32s(make([]float32, 100))); err == nil {
		t.Error("the gradient of a frozen parameter was read")
	}
}

func TestMemoryOfAForwardPassDoesNotGrowWithItsDepth(t *testing.T) {
	elements := func(layers int) int {
		c := &counting{Backend: backend(t, cpu.Options{})}
		n := newNet(t, c, graph.Options{Batch: 2, Seq: 8}, 1)
		n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
			return llama(n, g, llamaSize{layers, 8, 2, 2, 16, vocab, 2, 0})
		}, false)
		for _, p := range n.params.All() {
			c.elements -= p.Len()
			if p.Mode() == graph.Trainable {
				c.elements -= 3 * p.Len()
			}
		}
		return c.elements
	}
	if two, ten := elements(2), elements(10); two != ten {
		t.Errorf("two layers take %d elements, ten %d", two, ten)
	}
}

// watched counts the products a run does.
type watched struct {
	kernel.Backend
	products int
}

func (w *watched) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	w.products++
	w.Backend.MatMul(c, a, b, m)
}

func TestGradientsAreComputedOnlyAbovesTrainedParameters(t *testing.T) {
	w := &watched{Backend: backend(t, cpu.Options{})}
	n := newNet(t, w, graph.Options{Batch: 2, Seq: 3}, 1)
	m := n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
		x := g.Linear(g.Embedding(n.param("embed", graph.Frozen, vocab, 4)), n.param("below", graph.Frozen, 4, 4), nil)
		x = g.Linear(x, n.param("trained", graph.Trainable, 4, 4), nil)
		return classifyFrozen(n, g, g.Linear(x, n.param("above", graph.Frozen, 4, 4), nil))
	}, true)
	n.gradients(t, m, tokens(n.random, 2, 3, vocab))
	// forward: below, trained, above, score; backward: the inputs of score and
	// above, the weight of trained; nothing for below.
	if w.products != 7 {
		t.Errorf("%d products, want 7", w.products)
	}
}

func classifyFrozen(n *net, g *graph.Graph, x *graph.Node) *graph.Node {
	return g.CrossEntropy(g.Linear(g.LastToken(x), n.param("score", graph.Frozen, 3, x.Cols()), nil), nil)
}

// failing panics in a kernel, with a value that must not come out.
type failing struct{ kernel.Backend }

func (f failing) SwiGLU(y, gate, up kernel.Buffer) { panic("patient is Jane Doe") }

func TestPanicInAnOpIsAnErrorWithoutItsValue(t *testing.T) {
	n := newNet(t, failing{backend(t, cpu.Options{})}, graph.Options{Batch: 1, Seq: 3}, 1)
	m := n.compile(t, networks["swiglu"], true)
	_, err := m.Run(tokens(n.random, 1, 3, vocab))
	var p *guard.Panic
	if !errors.As(err, &p) || p.Place != "train: op swiglu" {
		t.Errorf("got %v, want a guarded panic of the op", err)
	}
	if strings.Contains(err.Error(), "Jane") {
		t.Error("the panic's value is in the error")
	}
}

func TestRunAllocatesNoNumbers(t *testing.T) {
	n := newNet(t, backend(t, cpu.Options{Workers: 2}), graph.Options{Batch: 4, Seq: 64, Training: true}, 1)
	m := n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
		return llama(n, g, llamaSize{2, 64, 4, 2, 96, 500, 4, 0.1})
	}, true)
	batch := tokens(n.random, 4, 64, 500)
	run := func() {
		if _, err := m.Run(batch); err != nil {
			t.Fatal(err)
		}
	}
	run()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const runs = 20
	for range runs {
		run()
	}
	runtime.ReadMemStats(&after)
	// Closures, goroutines and Gorgonia's argument lists: about 1 kB an op,
	// whatever the shape. One activation [256, 64] alone would be 65 kB.
	if bytes := (after.TotalAlloc - before.TotalAlloc) / runs; bytes > 200_000 {
		t.Errorf("%d bytes a run", bytes)
	} else {
		t.Logf("%d bytes, %d allocations a run", bytes, (after.Mallocs-before.Mallocs)/runs)
	}
}

func TestOutputsOutliveTheRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.IntRange(2, 9).Draw(t, "seq")
		back, err := cpu.New(cpu.Options{Float: kernel.F64})
		if err != nil {
			t.Fatal(err)
		}
		n := newNet(nil, back, graph.Options{Batch: 3, Seq: seq}, rapid.Uint64().Draw(t, "seed"))
		g := graph.New(n.params, n.opts)
		x := n.attend(g, 3, 1)
		all := g.Output(g.Linear(x, n.param("head", graph.Frozen, vocab, 12), nil))
		last := g.Output(g.LastToken(all))
		for range 6 { // would take the outputs' places, were they free
			x = g.Linear(x, n.param("more", graph.Frozen, 12, 12), nil)
		}
		m, err := g.Compile()
		if err != nil {
			t.Fatal(err)
		}
		b := tokens(n.random, 3, seq, vocab)
		if _, err := m.Run(b); err != nil {
			t.Fatal(err)
		}
		logits, of := make([]float64, 3*seq*vocab), make([]float64, 3*vocab)
		if err := errors.Join(m.Read(all, kernel.F64s(logits)), m.Read(last, kernel.F64s(of))); err != nil {
			t.Fatal(err)
		}
		for i, length := range b.Lengths {
			at := (i*seq + max(int(length)-1, 0)) * vocab
			if !slices.Equal(of[i*vocab:(i+1)*vocab], logits[at:at+vocab]) {
				t.Errorf("row %d: the last logits are not those of its last token", i)
			}
		}
	})
}

func TestBuildersMistakesAreReturnedByCompile(t *testing.T) {
	tests := map[string]func(*net, *graph.Graph){
		"linear":          func(n *net, g *graph.Graph) { g.Linear(n.embed(g, 4), n.param("w", graph.Frozen, 3, 5), nil) },
		"rmsnorm":         func(n *net, g *graph.Graph) { g.RMSNorm(n.embed(g, 4), n.param("w", graph.Frozen, 5), 1e-6) },
		"attention":       func(n *net, g *graph.Graph) { x := n.embed(g, 12); g.Attention(x, x, x, 4, 3) },
		"rope":            func(n *net, g *graph.Graph) { g.Rope(n.embed(g, 12), 5, graph.RopeFreqs(2, 10)) },
		"add":             func(n *net, g *graph.Graph) { x := n.embed(g, 12); g.Add(x, g.LastToken(x)) },
		"dropout":         func(n *net, g *graph.Graph) { g.Dropout(n.embed(g, 4), 1) },
		"parameter twice": func(n *net, g *graph.Graph) { n.params.Add("w", graph.Frozen, 1); n.params.Add("w", graph.Frozen, 1) },
		"nothing trainable": func(n *net, g *graph.Graph) {
			g.Backward(classifyFrozen(n, g, g.Embedding(n.param("e", graph.Frozen, 5, 5))))
		},
		"two losses": func(n *net, g *graph.Graph) { x := n.embed(g, 4); classify(n, g, x); classify(n, g, x) },
	}
	for name, build := range tests {
		t.Run(name, func(t *testing.T) {
			n := newNet(t, backend(t, cpu.Options{}), graph.Options{Batch: 2, Seq: 3}, 1)
			g := graph.New(n.params, n.opts)
			build(n, g)
			if _, err := g.Compile(); err == nil {
				t.Error("compiled")
			}
		})
	}
}

func TestBatchesThatDoNotFitAreRefused(t *testing.T) {
	n := newNet(t, backend(t, cpu.Options{}), graph.Options{Batch: 2, Seq: 3}, 1)
	m := n.compile(t, networks["embedding, last token, class weights"], true)
	good := tokens(n.random, 2, 3, vocab)
	tests := map[string]func(b *graph.Batch){
		"no rows":             func(b *graph.Batch) { b.Lengths = nil },
		"too few ids":         func(b *graph.Batch) { b.InputIDs = b.InputIDs[:5] },
		"length too long":     func(b *graph.Batch) { b.Lengths = []int32{4, 1} },
		"label outside":       func(b *graph.Batch) { b.Labels = []int32{0, 3} },
		"label missing":       func(b *graph.Batch) { b.Labels = []int32{0} },
		"token outside":       func(b *graph.Batch) { b.InputIDs = []int32{0, 1, 2, vocab, 0, 0} },
		"weights of a few":    func(b *graph.Batch) { b.RowWeights = []float64{1} },
		"negative token":      func(b *graph.Batch) { b.InputIDs = []int32{-1, 1, 2, 3, 0, 0} },
		"more rows than fits": func(b *graph.Batch) { b.Lengths, b.InputIDs = []int32{1, 1, 1}, make([]int32, 9) },
	}
	for name, spoil := range tests {
		b := good
		spoil(&b)
		if _, err := m.Run(b); err == nil {
			t.Errorf("%s: ran", name)
		}
		if _, err := m.Run(good); err != nil {
			t.Errorf("%s: the next batch fails: %v", name, err)
		}
	}
}

func TestLMLossInChunksIsTheLossInOne(t *testing.T) {
	const words, seq = 300_000, 9 // so many words that a chunk has 16 rows
	n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 5, Seq: seq}, 4)
	build := func(n *net, g *graph.Graph) *graph.Node {
		return g.LMLoss(g.Embedding(n.param("embed", graph.Trainable, words, 2)), n.param("head", graph.Trainable, words, 2))
	}
	whole := tokens(n.random, 5, seq, words)
	whole.Lengths, whole.Denominator = []int32{9, 9, 7, 9, 0}, 20
	chunked := n.gradients(t, n.compile(t, build, true), whole)
	n.opts.Batch = 1
	if diff := cmp.Diff(chunked, n.gradients(t, n.compile(t, build, true), withDenominator(split(whole, seq, 1, 2, 3, 4), 20)...), cmpopts.EquateApprox(1e-12, 1e-16)); diff != "" {
		t.Error(diff)
	}
}

func withDenominator(parts []graph.Batch, d float64) []graph.Batch {
	for i := range parts {
		parts[i].Denominator = d
	}
	return parts
}

func TestDropoutsOfDifferentPlacesAndStepsDiffer(t *testing.T) {
	n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 1, Seq: 50, Training: true, Seed: 1}, 1)
	g := graph.New(n.params, n.opts)
	x := n.embed(g, 4)
	places := []*graph.Node{g.Output(g.Dropout(x, 0.5)), g.Output(g.Dropout(x, 0.5))}
	m, err := g.Compile()
	if err != nil {
		t.Fatal(err)
	}
	b := tokens(n.random, 1, 50, vocab)
	masks := map[string]bool{}
	for range 2 {
		b.Step++
		if _, err := m.Run(b); err != nil {
			t.Fatal(err)
		}
		for _, place := range places {
			v := make([]float64, 200)
			if err := m.Read(place, kernel.F64s(v)); err != nil {
				t.Fatal(err)
			}
			mask := make([]byte, 200)
			for i := range v {
				if v[i] != 0 {
					mask[i] = 1
				}
			}
			masks[string(mask)] = true
		}
	}
	if len(masks) != 4 {
		t.Errorf("two places in two steps have %d masks, want 4", len(masks))
	}
}

// TestLossesByDefinition computes the losses from the logits the graph gives.
func TestLossesByDefinition(t *testing.T) {
	class := []float64{1, 2, 0.5}
	tests := map[string]struct {
		loss func(g *graph.Graph, logits *graph.Node) *graph.Node
		want func(b graph.Batch, row int, x []float64) (loss, weight float64)
	}{
		"cross-entropy": {
			func(g *graph.Graph, logits *graph.Node) *graph.Node { return g.CrossEntropy(logits, class) },
			func(b graph.Batch, row int, x []float64) (float64, float64) {
				w := b.RowWeights[row] * class[b.Labels[row]]
				return w * (math.Log(math.Exp(x[0])+math.Exp(x[1])+math.Exp(x[2])) - x[b.Labels[row]]), w
			}},
		"sigmoid": {
			func(g *graph.Graph, logits *graph.Node) *graph.Node { return g.SigmoidCrossEntropy(logits) },
			func(b graph.Batch, row int, x []float64) (sum, weight float64) {
				for j, v := range x {
					p, target := 1/(1+math.Exp(-v)), float64(b.Targets[row*3+j])
					sum -= target*math.Log(p) + (1-target)*math.Log(1-p)
				}
				return sum * b.RowWeights[row], 3 * b.RowWeights[row]
			}},
	}
	for name, test := range tests {
		n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 6, Seq: 4}, 1)
		g := graph.New(n.params, n.opts)
		logits := g.Output(g.Linear(g.LastToken(n.embed(g, 5)), n.param("score", graph.Frozen, 3, 5), nil))
		test.loss(g, logits)
		m, err := g.Compile()
		if err != nil {
			t.Fatal(err)
		}
		b := tokens(n.random, 5, 4, vocab) // the last row is empty, and a sixth is missing
		got, err := m.Run(b)
		x := make([]float64, 18)
		if err := errors.Join(err, m.Read(logits, kernel.F64s(x))); err != nil {
			t.Fatal(err)
		}
		want := graph.Result{}
		for row := range 4 {
			loss, weight := test.want(b, row, x[row*3:row*3+3])
			want.Sum, want.Weight = want.Sum+loss, want.Weight+weight
		}
		want.Loss = want.Sum / want.Weight
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// traced notes the columns of each product's result.
type traced struct {
	kernel.Backend
	columns []int
}

func (w *traced) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	w.columns = append(w.columns, m.N)
	w.Backend.MatMul(c, a, b, m)
}

func TestOpsRunInTheOrderTheyWereAdded(t *testing.T) {
	w := &traced{Backend: backend(t, cpu.Options{})}
	n := newNet(t, w, graph.Options{Batch: 1, Seq: 2}, 1)
	g := graph.New(n.params, n.opts)
	x := n.embed(g, 3)
	order := []int{7, 4, 9, 5, 8, 6}
	for _, cols := range order {
		g.Output(g.Linear(x, n.param(strings.Repeat("w", cols), graph.Frozen, cols, 3), nil))
	}
	m, err := g.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Run(tokens(n.random, 1, 2, vocab)); err != nil || !slices.Equal(w.columns, order) {
		t.Errorf("ran %v, want %v (%v)", w.columns, order, err)
	}
}
