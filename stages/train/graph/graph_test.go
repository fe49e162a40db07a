package graph_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

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

// narrow has attention of small heads alone, and no gradient of it.
type narrow struct{ kernel.Backend }

func (n narrow) Attends(a kernel.Attention, gradient bool) error {
	if a.Dim > 4 || gradient {
		return fmt.Errorf("heads of %d columns, gradient %v", a.Dim, gradient)
	}
	return nil
}

func TestAttentionThatADeviceHasNotIsRefusedBeforeARun(t *testing.T) {
	for says, heads := range map[string]int{"op attention: heads of 6 columns, gradient false": 2, "op attention: heads of 4 columns, gradient true": 3} {
		n := newNet(t, narrow{backend(t, cpu.Options{})}, graph.Options{Batch: 1, Seq: 3}, 1)
		g := graph.New(n.params, n.opts)
		g.Backward(classify(n, g, n.attend(g, heads, heads)))
		if _, err := g.Compile(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
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
		"linear":  func(n *net, g *graph.Graph) { g.Linear(n.embed(g, 4), n.param("w", graph.Frozen, 3, 5), nil) },
		"rmsnorm": func(n *net, g *graph.Graph) { g.RMSNorm(n.embed(g, 4), n.param("w", graph.Frozen, 5), 1e-6) },
		"attention": func(n *net, g *graph.Graph) {
			x := n.embed(g, 12)
			g.Attention(x, x, x, graph.AttentionOptions{Heads: 4, KV: 3, Causal: true})
		},
		"rope":    func(n *net, g *graph.Graph) { g.Rope(n.embed(g, 12), 5, graph.RopeFreqs(2, 10), 0) },
		"prepend": func(n *net, g *graph.Graph) { g.Prepend(g.Repeat(n.param("w", graph.Frozen, 2, 4)), n.embed(g, 5)) },
		"too few keys": func(n *net, g *graph.Graph) {
			x := n.embed(g, 12)
			g.Attention(n.inFront(g, 2, 12), x, x, graph.AttentionOptions{Heads: 3, KV: 3, Causal: true})
		},
		"text":            func(n *net, g *graph.Graph) { g.Text(g.LastToken(n.embed(g, 4))) },
		"repeat":          func(n *net, g *graph.Graph) { g.Repeat(n.param("w", graph.Frozen, 5)) },
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
