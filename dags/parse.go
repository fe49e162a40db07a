package dags

import (
	"cmp"
	"slices"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages"
)

// Parse checks the text of a DAG file of an environment's stages. file is its name
// in errors.
func Parse(env *stages.Environment, file string, text []byte, set map[string]string) (*DAG, error) {
	return parse(env, file, text, set).result()
}

// result is the DAG, or its faults.
func (c *checker) result() (*DAG, error) {
	if err := c.sorted().err(); err != nil {
		return nil, err
	}
	return c.dag, nil
}

func parse(env *stages.Environment, file string, text []byte, set map[string]string) *checker {
	c := &checker{env: env, findings: &findings{file: file}, dag: &DAG{File: file}}
	c.read(readYAML(text, c.findings), set)
	return c
}

// checker builds a DAG and notes what is wrong on the way. It goes on after a
// fault, so that one reading tells all of them.
type checker struct {
	*findings
	env     *stages.Environment
	dag     *DAG
	steps   []*draft // in file order
	byName  map[string]*draft
	ordered bool                // the steps have no cycle
	places  map[string]position // of the step that is read
}

// draft is a step while it is checked.
type draft struct {
	Step
	known bool // its stage is registered
	built any  // the stage; where its configuration has faults, of the rest of it
	in    map[string]*node
	after *node
	at    position
	path  string // for problems: its name as it is written

	places map[string]position // of the values of its configuration, by their paths
}

func (c *checker) read(root *node, set map[string]string) {
	if root == nil {
		return
	}
	if root.kind != mapping {
		c.add(root.at, "", "want a mapping with name and steps", "")
		return
	}
	top := c.object(root, "", []string{"name", "schedule", "vars", "each", "steps", "publish"})
	vars := newVariables(top["vars"].value, set, c.findings)
	if e, given := top["each"]; given {
		vars.readGroups(vars.expand(e.value, "each"))
	}
	if e, given := top["steps"]; given {
		e.value = vars.steps(e.value)
		top["steps"] = e
	}
	for _, key := range []string{"name", "schedule", "publish"} {
		if e, given := top[key]; given {
			e.value = vars.expand(e.value, key)
			top[key] = e
		}
	}
	if *vars.left < 0 {
		return // what was filled in so far says nothing of the rest
	}
	vars.checkSet(set)
	c.dag.Vars = vars.texts()
	c.name(root, top)
	c.dag.Schedule = c.schedule(top["schedule"].value)
	c.readSteps(root, top["steps"].value)
	c.bindAll()
	c.order()
	c.agree()
	c.publish(top["publish"].value)
}

func (c *checker) name(root *node, top map[string]entry) {
	e, given := top["name"]
	if !given {
		c.add(root.at, "name", "missing", "name the DAG, as its runs will be listed")
		return
	}
	c.dag.Name = c.dagName(e.value)
}

func (c *checker) readSteps(root, n *node) {
	c.byName = map[string]*draft{}
	if n == nil || n.kind != mapping || len(n.entries) == 0 {
		c.add(cmp.Or(placeIn(n), root.at), "steps", "missing", "want a mapping of step names to {stage, in, with}")
		return
	}
	for _, e := range n.entries {
		path := join("steps", e.label())
		if !c.stepName(e, path) {
			continue
		}
		if c.byName[e.key] != nil {
			c.add(e.at, path, "a second step of the name "+e.key, "")
			continue
		}
		step := c.step(e, path)
		c.steps = append(c.steps, step)
		c.byName[step.Name] = step
	}
}

func placeIn(n *node) position {
	if n == nil {
		return position{}
	}
	return n.at
}

func (c *checker) step(e entry, path string) *draft {
	d := &draft{Step: Step{Name: e.key, Written: e.label(), In: map[string][]Ref{}}, at: e.at, path: path, in: map[string]*node{}}
	given := c.object(e.value, path, []string{"stage", "in", "after", "with"})
	d.Stage, d.known = c.stage(e, given, path)
	if d.known {
		c.configure(d, given["with"].value, join(path, "with"))
	}
	if in := given["in"].value; in != nil {
		c.ports(d, in, join(path, "in"))
	}
	d.after = given["after"].value
	return d
}

func (c *checker) stage(e entry, given map[string]entry, path string) (stages.Spec, bool) {
	stage, ok := given["stage"]
	if !ok {
		c.add(e.at, join(path, "stage"), "missing", "`clinflow stages` lists them")
		return stages.Spec{}, false
	}
	name, ok := c.word(stage.value, join(path, "stage"))
	if !ok {
		return stages.Spec{}, false
	}
	spec, ok := c.env.Lookup(name)
	if !ok {
		c.add(stage.value.at, join(path, "stage"), "unknown stage "+name,
			cmp.Or(suggest.Choice(name, c.env.Names()), "`clinflow stages` lists them"))
	}
	return spec, ok
}

// configure resolves a step's configuration and lets the stage's constructor judge
// it where it has no fault of its own.
func (c *checker) configure(d *draft, with *node, path string) {
	before := len(c.list)
	at := cmp.Or(placeIn(with), d.at)
	c.places = map[string]position{path: at}
	config := c.config(d.Stage.Config(), with, at, path)
	d.places = c.places
	d.Config, d.Identity, d.Paths = config.encode(true), config.encode(false), config.paths("")
	err := guard.Do("stage "+d.Stage.Name, func() (err error) { // what is left of a faulty configuration may be anything
		d.built, err = d.Stage.Build(c.env, d.Config)
		return err
	})
	if err != nil && len(c.list) == before {
		c.add(at, path, err.Error(), "")
	}
}

// ports keeps what is bound to each known port for bindAll.
func (c *checker) ports(d *draft, in *node, path string) {
	if !d.known {
		return
	}
	names := make([]string, len(d.Stage.In))
	for i, p := range d.Stage.In {
		names[i] = p.Name
	}
	if in.kind == mapping {
		for _, e := range in.entries {
			if e.value.unbound() {
				continue
			}
			if !slices.Contains(names, e.key) {
				c.add(e.at, join(path, e.key), d.Stage.Name+" has no such port", suggest.Choice(e.key, names))
				continue
			}
			d.in[e.key] = e.value
		}
		return
	}
	if in.kind != empty {
		c.add(in.at, path, "want a mapping of ports to steps", "")
	}
}
