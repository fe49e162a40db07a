package dags

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/clinflow/clinflow/stages"
)

// object is a resolved configuration in the order of the stage's fields.
type object []member

type member struct {
	key    string
	value  json.RawMessage
	nested object       // instead of value, for a struct
	field  stages.Field // of value
}

// encode writes JSON, with or without the fields that hold paths.
func (o object) encode(withPaths bool) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, m := range o {
		if m.field.Path && !withPaths {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", m.key)
		if m.value == nil {
			b.Write(m.nested.encode(withPaths))
		}
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// paths collects the values of the fields that hold paths.
func (o object) paths(prefix string) []Path {
	var out []Path
	for _, m := range o {
		key := join(prefix, m.key)
		switch {
		case m.value == nil:
			out = append(out, m.nested.paths(key)...)
		case m.field.Path:
			out = append(out, pathsIn(key, m.value, m.field)...)
		}
	}
	return out
}

func pathsIn(key string, value json.RawMessage, f stages.Field) []Path {
	var one string
	if json.Unmarshal(value, &one) == nil {
		if one == "" {
			return nil
		}
		return []Path{pathOf(key, one, f)}
	}
	var many []string
	var out []Path
	if json.Unmarshal(value, &many) == nil {
		for i, p := range many {
			out = append(out, pathOf(fmt.Sprintf("%s[%d]", key, i), p, f))
		}
	}
	return out
}

func pathOf(key, value string, f stages.Field) Path {
	p := Path{Key: key, Value: value, Reads: f.Reads, Absent: f.Absent}
	if strings.HasPrefix(value, f.Prefix) {
		p.Prefix = f.Prefix
	}
	return p
}

// Resolve reads the YAML that stands under a step's `with` by a stage's fields, as Parse
// does: all values checked, defaults filled in. All faults come back at once as
// Problems; file is the text's name in them.
func Resolve(file string, text []byte, fields stages.Fields) (json.RawMessage, error) {
	c := &checker{findings: &findings{file: file}, places: map[string]position{}}
	with := &node{kind: empty, at: position{line: 1, col: 1}}
	if len(bytes.TrimSpace(text)) > 0 {
		with = readYAML(text, c.findings)
	}
	if with == nil {
		return nil, c.sorted().err()
	}
	config := c.config(fields, with, with.at, "")
	return config.encode(true), c.sorted().err()
}

// config resolves a mapping by a configuration's fields: given values checked,
// defaults filled in. at is where a missing key is told.
func (c *checker) config(fields stages.Fields, n *node, at position, path string) object {
	fields, n = c.chosen(fields, n, path)
	given := c.object(n, path, fields.Keys())
	var out object
	for _, f := range fields {
		e, ok := given[f.Key]
		key := join(path, f.Key)
		switch {
		case ok:
			if m, ok := c.member(f, e.value, key); ok {
				out = append(out, m)
			}
		case f.Required:
			c.add(at, key, "missing", f.Doc)
		case f.Type.Kind() == reflect.Struct:
			out = append(out, member{key: f.Key, nested: c.config(f.Nested, nil, at, key)})
		default:
			if value, ok := f.DefaultValue(); ok {
				out = append(out, member{key: f.Key, value: canonical(f.Type, value), field: f})
			}
		}
	}
	return out
}

// chosen are the fields that go with what a mapping says under stages.ChooserKey, and the
// mapping without the keys that go with another choice, which are told.
func (c *checker) chosen(all stages.Fields, n *node, path string) (stages.Fields, *node) {
	if n == nil {
		return all.Chosen(""), nil
	}
	choice := ""
	for _, e := range n.entries {
		if e.key == stages.ChooserKey {
			choice = e.value.text
		}
	}
	fields, left := all.Chosen(choice), *n
	left.entries = nil
	for _, e := range n.entries {
		_, taken := fields.Find(e.key)
		if others := all.When(e.key); len(others) > 0 && !taken {
			c.add(e.at, join(path, e.key), "is no key of this "+stages.ChooserKey, "it goes with "+stages.ChooserKey+" "+strings.Join(others, " or "))
			continue
		}
		left.entries = append(left.entries, e)
	}
	return fields, &left
}

func (c *checker) member(f stages.Field, n *node, path string) (member, bool) {
	c.places[path] = n.at
	if n.inside != (position{}) {
		c.places[textOf(path)] = n.inside
	}
	if f.Type.Kind() == reflect.Struct {
		if n = c.filed(f, n, path); n.broken {
			return member{}, false
		}
		return member{key: f.Key, nested: c.config(f.Nested, n, n.at, path)}, true
	}
	value, ok := c.value(f, f.Type, n, path)
	if !ok {
		return member{}, false
	}
	return member{key: f.Key, value: canonical(f.Type, value), field: f}, true
}

// value reads a node as the JSON of a type.
func (c *checker) value(f stages.Field, t reflect.Type, n *node, path string) (json.RawMessage, bool) {
	switch {
	case n.broken:
		return nil, false
	case t.Kind() == reflect.Pointer:
		return c.value(f, t.Elem(), n, path)
	case t.Kind() == reflect.Slice:
		return c.values(f, t.Elem(), n, path)
	case t.Kind() == reflect.Struct:
		before := len(c.list)
		nested := c.config(f.Nested, n, n.at, path)
		return nested.encode(true), len(c.list) == before
	case n.kind != scalar:
		c.add(n.at, path, "want "+wanted(t)+", got "+n.describe(), "")
		return nil, false
	}
	value, problem := scalarOf(t, n)
	if problem.what == "" {
		problem = bounds(f, t, n.text)
	}
	if problem.what != "" {
		c.add(n.at, path, problem.what, problem.hint)
	}
	return value, problem.what == ""
}

func (c *checker) values(f stages.Field, elem reflect.Type, n *node, path string) (json.RawMessage, bool) {
	if n.kind != list {
		c.add(n.at, path, "want a list of "+wanted(elem)+", got "+n.describe(), "write it in [ ]")
		return nil, false
	}
	out, good := make([]json.RawMessage, len(n.items)), true
	for i, item := range n.items {
		c.places[path+"["+itoa(i)+"]"] = item.at
		value, ok := c.value(f, elem, item, path+"["+itoa(i)+"]")
		out[i], good = value, good && ok
	}
	if !good {
		return nil, false
	}
	encoded, err := json.Marshal(out)
	return encoded, err == nil
}

// canonical writes a value the one way its type is written, so that 1e-3 and
// 0.001 are one configuration. Its input is JSON of that type.
func canonical(t reflect.Type, value json.RawMessage) json.RawMessage {
	v := reflect.New(t)
	if err := json.Unmarshal(value, v.Interface()); err != nil {
		panic(fmt.Sprintf("a stage's default is not of its field's type %s: %s", t, value))
	}
	out, err := json.Marshal(v.Interface())
	if err != nil {
		panic(fmt.Sprintf("a stage's configuration holds a %s, which JSON cannot write", t))
	}
	return out
}

func (n *node) describe() string {
	switch n.kind {
	case empty:
		return "nothing"
	case list:
		return "a list"
	case mapping:
		return "a mapping"
	default:
		return "a value"
	}
}
