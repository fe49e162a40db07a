package dags

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages"
)

// order puts the steps after their inputs, keeping the file's order where it is
// free, or names a cycle.
func (c *checker) order() {
	done := map[string]bool{}
	var visit func(d *draft, trail []string) bool
	visit = func(d *draft, trail []string) bool {
		if done[d.Name] {
			return true
		}
		if i := slices.Index(trail, d.Name); i >= 0 {
			cycle := append(slices.Clone(trail[i:]), d.Name)
			c.add(d.at, d.path, "the steps depend on each other in a circle: "+strings.Join(cycle, " ← "), "")
			return false
		}
		trail = append(trail, d.Name)
		for _, up := range d.Upstream() {
			if !visit(c.byName[up], trail) {
				return false
			}
		}
		done[d.Name] = true
		c.dag.Steps = append(c.dag.Steps, &d.Step)
		return true
	}
	for _, d := range c.steps {
		if !visit(d, nil) {
			return
		}
	}
	c.dag.Whole = slices.Clone(c.dag.Steps)
	c.ordered = true
}

// agree counts the parts that each step works on, and checks that its sharded inputs
// have the same number, as far as configurations tell.
func (c *checker) agree() {
	if !c.ordered {
		return
	}
	outputs := map[string]int{} // parts by step; 0: none, or not known
	for _, step := range c.dag.Steps {
		d := c.byName[step.Name]
		d.Parts = c.inputParts(d, outputs)
		if source, ok := d.built.(stages.Source); ok {
			d.Parts = source.Parts()
		}
		if len(d.Stage.Out.Tables) > 0 {
			outputs[d.Name] = d.Parts
		}
	}
}

// inputParts is the number of parts of a step's sharded inputs, 0 where it is
// not known.
func (c *checker) inputParts(d *draft, outputs map[string]int) int {
	var first Ref
	for _, port := range d.Stage.In {
		if !port.Sharded {
			continue
		}
		for _, ref := range d.In[port.Name] {
			switch n := outputs[ref.Step]; {
			case n == 0:
			case first.Step == "":
				first = ref
			case outputs[first.Step] != n:
				c.add(d.in[port.Name].at, d.path+".in."+port.Name,
					fmt.Sprintf("%s has %d parts, %s has %d", ref, n, first, outputs[first.Step]),
					"give both the same shards")
			}
		}
	}
	return outputs[first.Step]
}
