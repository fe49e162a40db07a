package dags

import (
	"maps"
	"slices"
	"strings"
)

// A group is a list of names that steps are written once for:
//
//	each:
//	  task:
//	    mor: {stage: label.mortality, epochs: 5}
//	    los: {stage: label.length_of_stay, epochs: 8}
//	steps:
//	  examples_${task}: {stage: "${task.stage}", …}
//
// A step whose name holds groups stands for one step a member, or a combination
// of members; ${task} in it is the member's name and ${task.epochs} what the
// member brings. An item of a list that names a group its step does not is one
// item a member. A member that brings when: false is left out, as if it were not written:
// a variable can say so.
type group struct {
	name    string
	members []entry // name and what it brings, a mapping
}

// maxCopies bounds what one step or item can stand for.
const maxCopies = 1000

// readGroups reads the section `each`, whose variables are filled in.
func (v *variables) readGroups(section *node) {
	if section == nil || section.kind == empty {
		return
	}
	if section.kind != mapping {
		v.found.add(section.at, "each", "want a mapping of groups to their members", "")
		return
	}
	for _, e := range section.entries {
		path := join("each", e.key)
		switch _, taken := v.values[e.key]; {
		case !varName.MatchString(e.key):
			v.found.add(e.at, path, "a group's name is letters, digits and _", "")
		case taken:
			v.found.add(e.at, path, "a variable has this name", "name the group otherwise")
		case e.value.kind != mapping || len(e.value.entries) == 0:
			v.found.add(e.value.at, path, "want a mapping of members to what they bring", "{} where a member brings nothing")
		default:
			v.groups = append(v.groups, group{e.key, v.members(e.value, path)})
		}
	}
}

func (v *variables) members(n *node, path string) []entry {
	var members []entry
	for _, e := range n.entries {
		if e.value.kind != mapping && e.value.kind != empty {
			v.found.add(e.value.at, join(path, e.key), "want a mapping of what the member brings", "{} where it brings nothing")
			continue
		}
		if v.taken(e, path) {
			members = append(members, e)
		}
	}
	return members
}

// whenKey is what a member brings to say whether it is there.
const whenKey = "when"

// taken says whether a member is there: its key when is true, or it has none.
func (v *variables) taken(member entry, path string) bool {
	for _, e := range member.value.entries {
		if e.key != whenKey {
			continue
		}
		if e.value.text != "true" && e.value.text != "false" {
			v.found.add(e.value.at, join(join(path, member.key), whenKey), "want true or false", "")
		}
		return e.value.text == "true"
	}
	return true
}

// ofGroup says whether a reference is to a group.
func (v *variables) ofGroup(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	_, given := v.bound[first]
	return !given && slices.ContainsFunc(v.groups, func(g group) bool { return g.name == first })
}

// bound are the values that a combination of members gives to references.
type bound map[string]*node

// copies are the combinations of members that a text stands for: of the groups
// that it names and the scope does not bind. There is one, the scope itself,
// where it names none.
func (v *variables) copies(text string, at position, path string) []bound {
	all := []bound{v.bound}
	for _, g := range v.groups {
		if _, given := v.bound[g.name]; given || !names(text, g.name) {
			continue
		}
		if len(all)*len(g.members) > maxCopies {
			v.found.add(at, path, "stands for more than "+itoa(maxCopies)+" combinations", "")
			return nil
		}
		var more []bound
		for _, b := range all {
			for _, m := range g.members {
				more = append(more, b.with(g.name, m))
			}
		}
		all = more
	}
	return all
}

// names says whether a text refers to a group or to what its members bring.
func names(text, group string) bool {
	return slices.ContainsFunc(shielded.FindAllStringSubmatch(text, -1), func(m []string) bool {
		first, _, _ := strings.Cut(m[1], ".")
		return first == group
	})
}

func (b bound) with(group string, member entry) bound {
	out := bound{group: &node{kind: scalar, at: member.at, text: member.key}}
	maps.Copy(out, b)
	for _, e := range member.value.entries {
		out[group+"."+e.key] = e.value
	}
	return out
}

// in is the variables with a combination of members bound.
func (v *variables) in(b bound) *variables {
	scope := *v
	scope.bound = b
	return &scope
}

// steps writes out the section `steps`: every step once for each combination
// that its name stands for. Paths keep the name as it is written.
func (v *variables) steps(section *node) *node {
	out := *section
	out.entries = nil
	for _, e := range section.entries {
		path := join("steps", unshield(e.key))
		for _, b := range v.copies(e.key, e.at, path) {
			scope := v.in(b)
			name := scope.expand(&node{kind: scalar, at: e.at, text: e.key}, path)
			if *v.left < 0 {
				return &out
			}
			if !name.broken {
				out.entries = append(out.entries, entry{key: name.text, at: e.at, value: scope.expand(e.value, path), written: unshield(e.key)})
			}
		}
	}
	return &out
}
