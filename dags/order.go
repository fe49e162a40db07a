package dags

import (
	"fmt"
	"slices"
	"strings"
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
	c.ordered = true
}

// agree checks that the sharded inputs of a step have the same number of parts,
// as far as configurations tell.
func (c *checker) agree() {
	if !c.ordered {
		return
	}
	parts := map[string]int{}
	for _, step := range c.dag.Steps {
		d := c.byName[step.Name]
		parts[d.Name] = partsOf(d, c.inputParts(d, parts))
	}
}

// inputParts is the number of parts of a step's sharded inputs, 0 where it is
// not known.
func (c *checker) inputParts(d *draft, parts map[string]int) int {
	var first Ref
	for _, port := range d.Stage.In {
		if !port.Sharded {
			continue
		}
		for _, ref := range d.In[port.Name] {
			switch n := parts[ref.Step]; {
			case n == 0:
			case first.Step == "":
				first = ref
			case parts[first.Step] != n:
				c.add(d.in[port.Name].at, d.path+".in."+port.Name,
					fmt.Sprintf("%s has %d parts, %s has %d", ref, n, first, parts[first.Step]),
					"give both the same shards")
			}
		}
	}
	return parts[first.Step]
}
