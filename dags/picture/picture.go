// Package picture draws a DAG: one node a step, those that the file writes once for a
// group as one, in layers from the first inputs to the last outputs.
package picture

import (
	"slices"

	"github.com/clinflow/clinflow/dags"
)

// State is how far a step is. The worst of a group's steps is that of its node.
type State string

// The states, the worst last.
const (
	Planned     State = ""
	Skipped     State = "skipped"
	Accepted    State = "accepted" // skipped, by a person's word
	Done        State = "done"
	Running     State = "running"
	Cancelled   State = "cancelled"
	Interrupted State = "interrupted"
	Failed      State = "failed"
)

var worst = []State{Planned, Skipped, Accepted, Done, Running, Cancelled, Interrupted, Failed}

// Node is a step, or the steps of a group.
type Node struct {
	Name    string // of a group as the file writes it
	Members []*dags.Step
	Ups     []string // names of the nodes that it needs
	State   State
}

// Graph is a DAG with its groups drawn together.
type Graph struct{ Nodes []*Node }

// Of is the graph of a DAG: the steps that its file writes once are a node. states may
// lack steps: these are planned.
func Of(d *dags.DAG, states map[string]State) Graph {
	members := map[string]int{}
	for _, step := range d.Steps {
		members[step.Written]++
	}
	var g Graph
	of := map[string]*Node{} // by the name of a step
	at := map[string]*Node{} // by that of a node
	for _, step := range d.Steps {
		name := step.Written
		if members[name] < 2 {
			name = step.Name
		}
		node := at[name]
		if node == nil {
			node = &Node{Name: name}
			at[name], g.Nodes = node, append(g.Nodes, node)
		}
		node.Members = append(node.Members, step)
		node.State = Worst(node.State, states[step.Name])
		of[step.Name] = node
	}
	for _, step := range d.Steps {
		for _, up := range step.Upstream() {
			from, to := of[up], of[step.Name]
			if from != to && !slices.Contains(to.Ups, from.Name) {
				to.Ups = append(to.Ups, from.Name)
			}
		}
	}
	g.reduce(at)
	return g
}

// Worst is the worse of two states.
func Worst(a, b State) State {
	return worst[max(slices.Index(worst, a), slices.Index(worst, b))]
}

// reduce leaves out an edge where a longer way leads to the same node (the transitive
// reduction of Aho, Garey and Ullman, SIAM J. Comput. 1(2), 1972): in a pipeline most
// steps need the first ones too, and those lines hide the way.
func (g Graph) reduce(at map[string]*Node) {
	above := map[string]map[string]bool{} // all that a node needs, however far
	var reach func(n *Node) map[string]bool
	reach = func(n *Node) map[string]bool {
		if above[n.Name] != nil {
			return above[n.Name]
		}
		all := map[string]bool{}
		above[n.Name] = all
		for _, up := range n.Ups {
			all[up] = true
			for far := range reach(at[up]) {
				all[far] = true
			}
		}
		return all
	}
	kept := map[string][]string{}
	for _, n := range g.Nodes {
		for _, up := range n.Ups {
			if !slices.ContainsFunc(n.Ups, func(other string) bool { return other != up && reach(at[other])[up] }) {
				kept[n.Name] = append(kept[n.Name], up)
			}
		}
	}
	for _, n := range g.Nodes {
		n.Ups = kept[n.Name]
	}
}
