package dags

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/internal/textio"
	"github.com/clinflow/clinflow/stages"
)

//go:embed *.yaml
var shipped embed.FS

// Shipped lists the names of the DAG files that ship with clinflow.
func Shipped() []string {
	files, _ := fs.Glob(shipped, "*.yaml")
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f, ".yaml")
	}
	return names
}

// fileOfShipped is how errors, plans and journals name the file of a shipped DAG, of
// which the user has none.
func fileOfShipped(name string) string { return name + " (shipped)" }

// Title names a DAG and its file to a person.
func Title(name, file string) string {
	if file == fileOfShipped(name) {
		return file
	}
	return name + " (" + file + ")"
}

// Request is what a command line asks for of a DAG.
type Request struct {
	DAG string            // a file, or the name of a shipped one
	Set map[string]string // values of --set over the file's vars
	Choice
	Flags []stages.Fault // of the command line, told with the file's faults
}

// Load reads and checks a DAG of an environment's stages. All faults come back at once as Problems, of
// exit.Usage. What the file speaks of is not looked at: see Inspect.
func Load(ctx context.Context, env *stages.Environment, r Request) (*DAG, error) {
	c, err := load(ctx, env, r)
	if err != nil {
		return nil, err
	}
	return c.result()
}

func load(ctx context.Context, env *stages.Environment, r Request) (*checker, error) {
	text, name, err := read(ctx, r.DAG)
	if err != nil {
		return nil, err
	}
	c := parse(env, name, text, r.Set)
	c.choose(r.Choice)
	for _, f := range r.Flags {
		c.add(position{}, f.Key, f.What(), "")
	}
	return c, nil
}

// Inspect is Load that also looks at what the steps will read and how it fits
// together, so that all that can be known is known before a step runs. Where the
// file itself has no fault, the DAG comes back with the error. It is Away where this
// machine has none of the inputs and there is no other fault.
func Inspect(ctx context.Context, env *stages.Environment, r Request) (*DAG, error) {
	c, err := load(ctx, env, r)
	if err != nil {
		return nil, err
	}
	dag := c.dag
	if len(c.list) > 0 {
		dag = nil
	}
	p := preflight{checker: c, givers: map[string]*stages.Giver{}}
	if err := p.steps(ctx); err != nil {
		return nil, err
	}
	problems := c.sorted()
	if p.away(problems) {
		return dag, exit.With(exit.Usage, Away{problems})
	}
	return dag, problems.err()
}

func read(ctx context.Context, nameOrFile string) (text []byte, name string, err error) {
	if slices.Contains(Shipped(), nameOrFile) {
		text, err = shipped.ReadFile(nameOrFile + ".yaml")
		return text, fileOfShipped(nameOrFile), err
	}
	text, err = textio.ReadFile(ctx, nameOrFile, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Base(nameOrFile) == nameOrFile:
		return nil, "", exit.Errorf(exit.Usage, "%s: neither a file nor a shipped DAG; %s", nameOrFile, suggest.Choice(nameOrFile, Shipped()))
	case err != nil:
		return nil, "", exit.Errorf(exit.Usage, "read a DAG file: %w", err)
	}
	return text, nameOrFile, nil
}

// unprintable says whether a value holds what no path or setting has.
func unprintable(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\uFEFF' })
}

// ParseSet reads the values of --set: name=value each.
func ParseSet(pairs []string) (map[string]string, error) {
	set := map[string]string{}
	for _, pair := range pairs {
		m := settable.FindStringSubmatch(pair)
		if m == nil {
			name, _, _ := strings.Cut(pair, "=") // the value may be a secret
			return nil, exit.Errorf(exit.Usage, "--set %s: want name=value, and a name of letters, digits and _", name)
		}
		if unprintable(m[2]) {
			return nil, exit.Errorf(exit.Usage, "--set %s: the value is not UTF-8, or holds a line end, a byte order mark or another control character; type it again", m[1])
		}
		set[m[1]] = m[2]
	}
	return set, nil
}
