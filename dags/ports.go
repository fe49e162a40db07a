package dags

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages"
)

// bindAll binds the ports of all steps, now that every step is known.
func (c *checker) bindAll() {
	for _, d := range c.steps {
		for _, port := range d.Stage.In {
			c.bind(d, port)
		}
		c.follow(d)
	}
}

// follow reads which steps must be done before a step that takes nothing of theirs: one
// name, or a list.
func (c *checker) follow(d *draft) {
	if d.after == nil {
		return
	}
	items, path := []*node{d.after}, d.path+".after"
	if d.after.kind == list {
		items = d.after.items
	}
	for _, item := range items {
		if item.unbound() {
			continue
		}
		name, ok := c.word(item, path)
		if !ok {
			continue
		}
		if c.byName[name] == nil {
			c.add(item.at, path, "unknown step "+name, suggest.Choice(name, c.others(d)))
			continue
		}
		d.After = append(d.After, name)
	}
}

// unbound says that a port is left open, or that there is none: "" stands for no
// step, so that a member of a group can take an input that another goes without.
func (n *node) unbound() bool { return n.kind == scalar && n.text == "" && !n.broken }

func (c *checker) bind(d *draft, port stages.Port) {
	path := d.path + ".in." + port.Name
	n, given := d.in[port.Name]
	switch {
	case !given && !port.Optional:
		c.add(d.at, path, "missing; "+portWants(port), c.givers(d, port))
	case !given:
	case n.kind == list && !port.Many:
		c.add(n.at, path, "the port takes one dataset, got a list", "")
	case n.kind == list:
		c.bindMany(d, port, n, path)
	default:
		c.bindOne(d, port, n, path)
	}
}

func (c *checker) bindMany(d *draft, port stages.Port, n *node, path string) {
	if len(n.items) == 0 && !port.Optional {
		c.add(n.at, path, "the list is empty; "+portWants(port), c.givers(d, port))
	}
	seen := map[string]bool{}
	for i, item := range n.items {
		path := fmt.Sprintf("%s[%d]", path, i)
		if item.kind == scalar && !item.unbound() && seen[item.text] {
			c.add(item.at, path, item.text+" is in the list already", "name it once")
			continue
		}
		seen[item.text] = item.kind == scalar
		c.bindOne(d, port, item, path)
	}
}

func (c *checker) bindOne(d *draft, port stages.Port, n *node, path string) {
	text, ok := c.word(n, path)
	if !ok {
		return
	}
	step, table, _ := strings.Cut(text, ".")
	from, known := c.byName[step]
	switch {
	case !known:
		c.add(n.at, path, "unknown step "+step, suggest.Choice(step, c.others(d)))
		return
	case from.known && !c.fits(from, port, table, n.at, path):
		return
	}
	d.In[port.Name] = append(d.In[port.Name], Ref{step, table})
}

// fits says whether a step's output, or the table named, is what a port takes.
func (c *checker) fits(from *draft, port stages.Port, table string, at position, path string) bool {
	out := from.Stage.Out
	switch {
	case port.Kind != "" && out.Kind != port.Kind:
		c.add(at, path, fmt.Sprintf("%s gives %s, the port takes %s", from.Name, out.Kind, port.Kind), "")
	case table == "":
		return true
	case !slices.Contains(out.Tables, table):
		c.add(at, path, fmt.Sprintf("%s has no table %s", from.Name, table), suggest.Choice(table, out.Tables))
	case !slices.Equal(port.Tables, []string{table}):
		c.add(at, path, "the port reads "+cmp.Or(strings.Join(port.Tables, ", "), "the whole dataset"), "name the step alone: "+from.Name)
	default:
		return true
	}
	return false
}

func portWants(port stages.Port) string {
	what := "the port takes " + cmp.Or(port.Kind, "any dataset")
	if port.Doc != "" {
		what += ": " + strings.TrimSuffix(port.Doc, ".")
	}
	return what
}

// givers names the steps whose output a port could take.
func (c *checker) givers(d *draft, port stages.Port) string {
	var names []string
	for _, other := range c.steps {
		if other != d && other.known && (port.Kind == "" || other.Stage.Out.Kind == port.Kind) {
			names = append(names, other.Name)
		}
	}
	if len(names) == 0 {
		return "no step gives one yet"
	}
	return "steps that give one: " + strings.Join(names, ", ")
}

func (c *checker) others(d *draft) []string {
	var names []string
	for _, other := range c.steps {
		if other != d {
			names = append(names, other.Name)
		}
	}
	return names
}
