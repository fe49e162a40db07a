package dags

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/suggest"
)

// OutVar is the variable that names the output folder.
const OutVar = "out"

var (
	shielded = regexp.MustCompile("\\$\ue000([^\ue001]*)\ue001")
	varName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	settable = regexp.MustCompile(`(?s)^([A-Za-z_][A-Za-z0-9_]*)=(.*)$`)
)

// maxExpanded bounds what a file's references may stand for, all together: texts
// that hold each other double with each, and steps stand for many.
const (
	maxExpanded = 8 << 20 // bytes
	nodeBytes   = 32      // what a value counts beside its text
)

// variables are a file's vars with the settings of the command line over them.
type variables struct {
	found  *findings
	values map[string]*node
	used   map[string]bool
	groups []group
	bound  bound // the members that references stand for here
	left   *int  // bytes of maxExpanded; below 0 where they were too few
}

// newVariables reads the vars section. A variable may use those above it.
func newVariables(section *node, set map[string]string, found *findings) *variables {
	v := &variables{found: found, values: map[string]*node{}, used: map[string]bool{OutVar: true}, left: new(int)}
	*v.left = maxExpanded
	for _, e := range v.section(section) {
		path := join("vars", e.key)
		if !varName.MatchString(e.key) {
			found.add(e.at, path, "a variable's name is letters, digits and _", "")
			continue
		}
		value := v.expand(e.value, path)
		if text, given := set[e.key]; given {
			value = &node{kind: scalar, at: e.value.at, text: text}
		}
		if value.kind != scalar {
			found.add(e.value.at, path, "a variable is one value", "")
			value = &node{kind: scalar, at: e.value.at, broken: true}
		}
		v.values[e.key] = value
	}
	return v
}

func (v *variables) section(n *node) []entry {
	if n == nil || n.kind == empty {
		return nil
	}
	if n.kind != mapping {
		v.found.add(n.at, "vars", "want a mapping of names to values", "")
		return nil
	}
	return n.entries
}

// expand replaces ${name} in every text of a tree. A text that is a reference
// and nothing else becomes the value as it is written there, bare or quoted; what
// a member of a group brings may be a list or a mapping.
func (v *variables) expand(n *node, path string) *node {
	out := *n
	out.items, out.entries = nil, nil
	if !v.spend(nodeBytes+len(n.text), n.at, path) {
		out.broken = true
		return &out
	}
	for i, item := range n.items {
		at := path + "[" + itoa(i) + "]"
		for _, b := range v.copies(item.text, item.at, at) {
			out.items = append(out.items, v.in(b).expand(item, at))
		}
	}
	for _, e := range n.entries {
		e.value = v.expand(e.value, join(path, e.key))
		out.entries = append(out.entries, e)
	}
	if n.kind == scalar {
		v.fill(&out, path)
	}
	return &out
}

func (v *variables) fill(n *node, path string) {
	if strings.Contains(n.text, "${") {
		v.found.add(n.at, path, "a ${ without its }", "write ${name}")
		n.broken = true
	}
	if m := shielded.FindStringSubmatch(n.text); m != nil && m[0] == n.text && !n.quoted {
		at := n.at
		*n = *v.lookup(m[1], at, path)
		n.at = at
		n.broken = n.broken || !v.spend(n.size(), at, path)
		return
	}
	n.text = shielded.ReplaceAllStringFunc(n.text, func(ref string) string {
		name := shielded.FindStringSubmatch(ref)[1]
		value := v.lookup(name, n.at, path)
		if !value.broken && value.kind != scalar {
			v.found.add(n.at, path, "${"+name+"} is "+value.describe()+", which no text can hold", "write the reference alone, without quotes")
		}
		n.broken = n.broken || value.broken || value.kind != scalar || !v.spend(len(value.text), n.at, path)
		if n.broken {
			return ""
		}
		return value.text
	})
}

// spend takes bytes from what references may stand for and tells once where they
// are too few.
func (v *variables) spend(bytes int, at position, path string) bool {
	if *v.left < 0 {
		return false
	}
	if *v.left -= bytes; *v.left < 0 {
		v.found.add(at, path, "the file is larger than "+itoa(maxExpanded>>20)+" MiB with its references filled in",
			"variables and groups multiply; name fewer of them in one another")
	}
	return *v.left >= 0
}

// size is what a value and all in it count.
func (n *node) size() int {
	size := nodeBytes + len(n.text)
	for _, item := range n.items {
		size += item.size()
	}
	for _, e := range n.entries {
		size += len(e.key) + e.value.size()
	}
	return size
}

func (v *variables) lookup(name string, at position, path string) *node {
	v.used[name] = true
	if value, ok := v.bound[name]; ok {
		return value
	}
	if value, ok := v.values[name]; ok {
		return value
	}
	if v.ofGroup(name) {
		v.found.add(at, path, "${"+name+"} stands for nothing here", "put the group into the step's name")
		return &node{kind: scalar, at: at, broken: true}
	}
	hint := suggest.Choice(name, slices.Concat(slices.Sorted(maps.Keys(v.values)), slices.Sorted(maps.Keys(v.bound))))
	if hint == "" {
		hint = "declare it under vars, above its use"
	}
	v.found.add(at, path, "unknown variable ${"+name+"}", hint)
	return &node{kind: scalar, at: at, broken: true}
}

// checkSet reports the settings that change nothing.
func (v *variables) checkSet(set map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if _, declared := v.values[name]; !declared {
			v.found.add(position{}, "--set "+name, "the file has no such variable",
				suggest.Choice(name, slices.Sorted(maps.Keys(v.values))))
		} else if !v.used[name] {
			v.found.add(position{}, "--set "+name, "the file declares this variable and uses it nowhere", "")
		}
	}
}

// texts are the variables' values.
func (v *variables) texts() map[string]string {
	out := make(map[string]string, len(v.values))
	for name, value := range v.values {
		out[name] = value.text
	}
	return out
}
