package dags

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/suggest"
)

// Choice says which steps of a DAG are wanted: those of Steps and Downstream, as far as
// they do not come after Until. The steps that they need come with them, and what is
// published from these. Without any name it is the whole DAG.
type Choice struct {
	Steps      []string
	Downstream []string // these and all that depends on them
	Until      []string // these and what they need, nothing after them
	Only       bool     // what the wanted steps need must be there already
	Force      []string // run again, of those that are wanted
	ForceAll   bool     // run all that are wanted again
}

// choose leaves of the DAG what is wanted, and what is published from this.
func (c *checker) choose(want Choice) {
	if !c.knows(want) || !c.ordered {
		return
	}
	wanted := c.wanted(want)
	if len(wanted) == 0 {
		c.add(position{}, "", "no step is left: "+want.beyond(), "`clinflow plan` draws what needs what, with --dot or --svg")
		return
	}
	needed := c.upstream(wanted)
	c.dag.Steps = slices.DeleteFunc(c.dag.Steps, func(s *Step) bool { return !needed[s.Name] })
	for _, step := range c.dag.Steps {
		step.Given = want.Only && !wanted[step.Name]
		step.Forced = want.ForceAll && !step.Given || slices.Contains(want.Force, step.Name)
	}
	c.dag.Publish = slices.DeleteFunc(c.dag.Publish, func(p Publish) bool { return !needed[p.Step] || c.byName[p.Step].Given })
	c.forces(want, needed)
}

// knows tells the names that are no step's.
func (c *checker) knows(want Choice) bool {
	if len(c.byName) == 0 {
		return false // of a file that has faults of its own
	}
	known := true
	for _, name := range slices.Concat(want.Steps, want.Downstream, want.Until, want.Force) {
		if c.byName[name] == nil {
			c.add(position{}, "", "unknown step "+name, cmp.Or(suggest.Choice(name, c.others(nil)), "`clinflow plan` lists them"))
			known = false
		}
	}
	return known
}

// wanted are the steps that are asked for by themselves, without what they need.
func (c *checker) wanted(want Choice) map[string]bool {
	chosen := set(want.Steps)
	maps.Copy(chosen, c.downstream(set(want.Downstream)))
	until := c.upstream(set(want.Until))
	wanted := map[string]bool{}
	for _, step := range c.dag.Steps {
		all := len(want.Steps)+len(want.Downstream) == 0
		if (all || chosen[step.Name]) && (len(until) == 0 || until[step.Name]) {
			wanted[step.Name] = true
		}
	}
	return wanted
}

// beyond says why a choice has no step.
func (want Choice) beyond() string {
	asked := strings.Join(slices.Concat(want.Steps, want.Downstream), ", ")
	return "none of " + asked + " is needed by " + strings.Join(want.Until, ", ")
}

// forces tells the steps to run again that the run does not have.
func (c *checker) forces(want Choice, needed map[string]bool) {
	for _, name := range want.Force {
		if !needed[name] || c.byName[name].Given {
			c.add(position{}, "", "--force "+name+": this run has no such step", "choose it too, or leave out what leaves it out")
		}
	}
}

// upstream is a set of steps with all that they need.
func (c *checker) upstream(names map[string]bool) map[string]bool {
	names = maps.Clone(names)
	for _, step := range slices.Backward(c.dag.Steps) { // a step comes after those that it needs
		if names[step.Name] {
			maps.Copy(names, set(step.Upstream()))
		}
	}
	return names
}

// downstream is a set of steps with all that need them.
func (c *checker) downstream(names map[string]bool) map[string]bool {
	names = maps.Clone(names)
	for _, step := range c.dag.Steps {
		if slices.ContainsFunc(step.Upstream(), func(up string) bool { return names[up] }) {
			names[step.Name] = true
		}
	}
	return names
}

func set(names []string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}
