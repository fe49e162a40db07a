package picture

import (
	_ "embed"
	"fmt"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// dagre lays graphs out in layers (https://github.com/dagrejs/dagre, version 3.1.3, MIT,
// see dagre/LICENSE). It is JavaScript, which an interpreter in Go runs: the layouts that
// are in Go are without layers, or Graphviz itself, which would be compiled at every start.
//
//go:embed dagre/dagre.min.js
var dagre string

// layOut is what is asked of dagre: nodes [name, width, height] and edges [from, to].
// The interpreter has no structuredClone, which dagre copies plain labels by.
const layOut = `globalThis.structuredClone = (label) => JSON.parse(JSON.stringify(label));
(function (nodes, edges) {
	const g = new dagre.graphlib.Graph();
	g.setGraph({ rankdir: "TB", nodesep: 12, ranksep: 32, marginx: 2, marginy: 2 });
	g.setDefaultEdgeLabel(() => ({}));
	for (const [name, width, height] of nodes) g.setNode(name, { width, height });
	for (const [from, to] of edges) g.setEdge(from, to);
	dagre.layout(g);
	return {
		width: g.graph().width, height: g.graph().height,
		nodes: nodes.map(([name]) => g.node(name)),
		edges: edges.map(([from, to]) => g.edge(from, to).points),
	};
})`

// layout says where nodes and edges lie, in pixels from the upper left. Edges are in the
// order in which the nodes need others.
type layout struct {
	Width, Height float64
	Nodes         []box
	Edges         [][]point
}

// box is a node by its middle.
type box struct{ X, Y, Width, Height float64 }

type point struct{ X, Y float64 }

// The sizes of nodes. Of the page's font only the size is known: letters of most fonts
// are narrower than this on average.
const (
	nameWidth  = 6.7 // of a letter of 12 pixels
	belowWidth = 5.4 // of one of 10 pixels
	padding    = 16
	nodeHeight = 40
	lineHeight = 26 // of a node with a name alone
)

// size is how much room the texts of a node need.
func size(name, below string) (width, height float64) {
	width, height = nameWidth*float64(utf8.RuneCountInString(name)), nodeHeight
	if below == "" {
		height = lineHeight
	}
	return max(width, belowWidth*float64(utf8.RuneCountInString(below))) + padding, height
}

func (g Graph) layOut(detail func(*Node) string) (l layout, err error) {
	var nodes, edges [][]any
	for _, n := range g.Nodes {
		width, height := size(n.Label(), detail(n))
		nodes = append(nodes, []any{n.Name, width, height})
		for _, up := range n.Ups {
			edges = append(edges, []any{up, n.Name})
		}
	}
	engine := goja.New()
	engine.SetFieldNameMapper(goja.UncapFieldNameMapper())
	if _, err := engine.RunScript("dagre.min.js", dagre); err != nil {
		return l, fmt.Errorf("lay out a DAG: %w", err)
	}
	value, err := engine.RunString(layOut)
	if err != nil {
		return l, fmt.Errorf("lay out a DAG: %w", err)
	}
	call, _ := goja.AssertFunction(value)
	laid, err := call(goja.Undefined(), engine.ToValue(nodes), engine.ToValue(edges))
	if err == nil {
		err = engine.ExportTo(laid, &l)
	}
	if err != nil {
		return l, fmt.Errorf("lay out a DAG: %w", err)
	}
	return l, nil
}
