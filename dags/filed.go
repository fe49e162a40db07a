package dags

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/internal/textio"
	"github.com/clinflow/clinflow/stages"
)

// filed is the mapping of a stages.Filed key: where the value is a name, what the file of
// that name holds.
func (c *checker) filed(f stages.Field, n *node, path string) *node {
	if f.Files == nil || n.kind != scalar || n.broken {
		return n
	}
	nowhere := &node{kind: scalar, at: n.at, broken: true}
	text, file, problem := readFiled(f, n.text)
	if problem.what != "" {
		c.add(n.at, path, problem.what, problem.hint)
		return nowhere
	}
	inside := &findings{file: file}
	root := readYAML(text, inside)
	if root == nil {
		for _, p := range inside.list {
			p.Path = path // all of the key's value is told of
			c.list = append(c.list, p)
		}
		return nowhere
	}
	c.list = append(c.list, inside.list...)
	root.liesIn(file)
	return root
}

// readFiled reads a file that ships, or one of the user's.
func readFiled(f stages.Field, nameOrFile string) (text []byte, file string, problem fault) {
	names := f.Shipped()
	if slices.Contains(names, nameOrFile) {
		text, err := fs.ReadFile(f.Files, nameOrFile+".yaml")
		if err != nil {
			return nil, "", fault{what: err.Error()}
		}
		return text, fileOfShipped(nameOrFile), fault{}
	}
	text, err := textio.ReadFile(context.Background(), nameOrFile, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Base(nameOrFile) == nameOrFile:
		return nil, "", fault{nameOrFile + " is neither a file nor one that ships", suggest.Choice(nameOrFile, names)}
	case err != nil:
		return nil, "", fault{"cannot read " + nameOrFile + ": " + reason(err), ""}
	case len(bytes.TrimSpace(text)) == 0:
		return nil, "", fault{nameOrFile + " is empty", "start from one that ships: " + strings.Join(names, ", ")}
	case bytes.Contains(text, []byte("${")):
		return nil, "", fault{nameOrFile + " has a ${…}", "variables are for the DAG file alone; write the value"}
	}
	return text, nameOrFile, fault{}
}

// liesIn says of a tree which file it was read from.
func (n *node) liesIn(file string) {
	n.at.file = file
	if n.inside != (position{}) {
		n.inside.file = file
	}
	for _, item := range n.items {
		item.liesIn(file)
	}
	for i := range n.entries {
		n.entries[i].at.file = file
		n.entries[i].value.liesIn(file)
	}
}

// Filed is a mapping that a name or a file gives, resolved.
type Filed struct {
	File   string // as problems name it
	Config []byte // JSON
	places map[string]position
}

// ReadFiled reads what the value of a stages.Filed key names by the key's fields. All
// faults come back at once as Problems.
func ReadFiled(f stages.Field, nameOrFile string) (Filed, error) {
	c := &checker{findings: &findings{file: nameOrFile}, places: map[string]position{}}
	root := c.filed(f, &node{kind: scalar, text: nameOrFile}, "")
	if root.broken {
		return Filed{}, c.sorted().err()
	}
	config := c.config(f.Nested, root, root.at, join("with", f.Key))
	return Filed{root.at.file, config.encode(true), c.places}, inFile(c.list)
}

// Faults are what a stage finds wrong with what was read, by the keys that it has in the
// stage's configuration, with their places in the file; nil where there is nothing.
func (f Filed) Faults(found []stages.Fault) error {
	d := draft{places: f.places}
	var problems Problems
	for _, fault := range found {
		problems = append(problems, d.problem(f.File, fault))
	}
	return inFile(problems)
}

// inFile are problems of one file by themselves: their paths begin in it.
func inFile(problems Problems) error {
	for i, p := range problems {
		_, rest, _ := strings.Cut(strings.TrimPrefix(p.Path, "with."), ".")
		problems[i].Path = rest
	}
	return (&findings{list: problems}).sorted().err()
}
