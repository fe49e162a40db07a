package graph

// Checkpoint is f(x). Where Options.Checkpointing is set, nothing that f makes but
// its result is kept for the gradient: f is run once more on the way back, from x
// (Chen et al. 2016, arXiv:1604.06174). The result has the same bytes either way.
// f adds ops to g and nothing else.
func (g *Graph) Checkpoint(x *Node, f func(x *Node) *Node) *Node {
	first, drops := len(g.ops), g.drops
	y := f(x)
	if !g.opts.Checkpointing || !y.needs || y == x {
		return y
	}
	for _, o := range g.ops[first:] {
		o.back = nil
	}
	y.from.back = func(dy *Node) {
		after, again := g.drops, len(g.ops)
		g.drops = drops // the same places: the same masks
		f(x).grad = dy
		g.drops = after
		g.reverse(again, len(g.ops))
	}
	return y
}
