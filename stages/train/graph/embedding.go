package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// Embedding looks up input_ids in table [vocab, hidden]: [batch·seq, hidden].
func (g *Graph) Embedding(table *Param) *Node {
	table = table.now()
	if !g.matrix("embedding", table) {
		return g.node(1, 1)
	}
	return g.gather("embedding", table, table.shape[1], g.inputs.ids(g))
}

// PaddedEmbedding is Embedding of a table whose row of padding is not trained by it, as
// torch.nn.Embedding with a padding_idx: a token of the text may be the same one. padding
// is below zero for none.
func (g *Graph) PaddedEmbedding(table *Param, padding int32) *Node {
	x := g.Embedding(table)
	if table = table.now(); x.from == nil || padding < 0 || table.mode == Frozen {
		return x
	}
	ids, kept := g.inputs.ids(g), g.inputs.unpadded(g, padding)
	x.from.back = func(dy *Node) {
		behind, dx := g.node(dy.rows+1, dy.cols), g.node(dy.rows, dy.cols)
		g.emit(&op{name: "embedding.zero_row", reads: []*Node{dy}, out: behind, run: func(b kernel.Backend) {
			n := dy.rows * dy.cols
			b.Copy(behind.buf().Slice(0, n), dy.buf())
			b.Fill(behind.buf().Slice(n, n+dy.cols), 0)
		}})
		g.emit(&op{name: "embedding.unpadded", reads: []*Node{behind}, out: dx, run: func(b kernel.Backend) {
			b.Gather(dx.buf(), behind.buf(), kept.buf, dx.rows, dx.cols)
		}})
		g.accumulate("embedding.grad", table, []*Node{dx}, func(b kernel.Backend) {
			b.ScatterAdd(table.grad, dx.buf(), ids.buf, dx.rows, dx.cols)
		})
	}
	return x
}

// unpadded are the numbers of the tokens' rows, and for padding that of the row behind all.
func (in *inputs) unpadded(g *Graph, padding int32) *input {
	if in.unpaddedIn == nil {
		in.unpaddedIn = &unpadded{padding, in.ints(g, g.Rows())}
	}
	if in.unpaddedIn.padding != padding {
		g.fail("embedding: the padding is %d and %d", in.unpaddedIn.padding, padding)
	}
	return in.unpaddedIn.input
}

// unpadded is an input about tokens that are not padding.
type unpadded struct {
	padding int32
	*input
}

func (u unpadded) rows(ids []int32) {
	for i, id := range ids {
		u.ints[i] = int32(i)
		if id == u.padding {
			u.ints[i] = int32(len(ids))
		}
	}
}
