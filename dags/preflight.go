package dags

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// preflight looks at what the steps will read and lets every stage tell what it
// cannot work with, so that nothing runs that must fail.
type preflight struct {
	*checker
	givers map[string]*stages.Giver
	there  bool // a path of some step leads to something
}

func (p *preflight) steps(ctx context.Context) error {
	for _, step := range p.dag.Steps {
		d := p.byName[step.Name]
		g := &stages.Giver{Step: d.Name, Stage: d.Stage, Built: d.built, In: stages.Givers{}}
		p.givers[d.Name] = g
		for port, refs := range d.In {
			for _, ref := range refs {
				g.In[port] = append(g.In[port], p.givers[ref.Step])
			}
		}
		if err := p.step(ctx, d, g); err != nil {
			return err
		}
	}
	return nil
}

// away says that this machine has none of the inputs, and that nothing else is wrong.
func (p *preflight) away(problems Problems) bool {
	other := func(p Problem) bool { return !p.absent }
	return len(problems) > 0 && !p.there && !slices.ContainsFunc(problems, other)
}

// step tells the faults of one step. One fault of a key is enough: what a stage says
// of a value that is none is the same once more, and of a path that leads nowhere it
// says what should be there.
func (p *preflight) step(ctx context.Context, d *draft, g *stages.Giver) error {
	told := map[string]bool{}
	for _, problem := range p.list {
		told[problem.Path] = true
	}
	gone := map[string]int{} // where it is told that a path leads nowhere
	for _, path := range d.Paths {
		if !p.path(ctx, d, path) {
			told[d.key(path.Key)] = true
			gone[d.key(path.Key)] = len(p.list) - 1
		}
	}
	checked, ok := d.built.(stages.Checked)
	if !ok {
		return nil
	}
	var faults []stages.Fault
	err := guard.Do("check of step "+d.Name, func() error {
		faults = checked.Check(ctx, g.In)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for _, f := range faults {
		if i, nowhere := gone[d.key(f.Key)]; nowhere {
			_, advice, _ := strings.Cut(f.What(), "; ") // what a folder that is not there lacks goes without saying
			p.list[i].Hint = cmp.Or(advice, f.What())
		}
		if !covered(told, d.key(f.Key)) {
			p.list = append(p.list, d.problem(p.file, f))
		}
	}
	return nil
}

// covered says whether a fault of the key has been told, or one of what the key is part
// of: what a file that is not there lacks is no other fault.
func covered(told map[string]bool, key string) bool {
	for !told[key] {
		end := strings.LastIndexByte(key, '.')
		if end < 0 {
			return false
		}
		key = key[:end]
	}
	return true
}

// path says whether a path leads to anything and, where it leads nowhere, tells it.
func (p *preflight) path(ctx context.Context, d *draft, path Path) bool {
	at, key := d.placeOf(path.Key), d.key(path.Key)
	dir, err := store.Open(path.place())
	if err != nil {
		p.add(at, key, err.Error(), "")
		return false
	}
	_, err = dir.Stat(ctx, "")
	switch {
	case err == nil:
		p.there = true
	case path.Absent && errors.Is(err, fs.ErrNotExist):
		return true
	case errors.Is(err, fs.ErrNotExist):
		p.add(at, key, path.Value+" is not there", "")
		p.list[len(p.list)-1].absent = true
	default:
		p.add(at, key, "cannot look at "+path.Value+": "+reason(err), "")
	}
	return err == nil
}

// reason is the system's word for what is wrong with a path.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// key is the path of a key of the step's configuration, or of a port, as problems
// have it. A flag of the command line is none of the file's.
func (d *draft) key(key string) string {
	switch {
	case strings.HasPrefix(key, "--"):
		return key
	case key == "":
		return d.path
	case strings.HasPrefix(key, "in."):
		return join(d.path, key)
	default:
		return join(join(d.path, "with"), key)
	}
}

// placeOf is the place of a key's value; of a key that is not given, of what it
// would stand in.
func (d *draft) placeOf(key string) position {
	if strings.HasPrefix(key, "--") {
		return position{}
	}
	if port, ok := strings.CutPrefix(key, "in."); ok && d.in[port] != nil {
		return d.in[port].at
	}
	for ; key != ""; key = key[:max(0, strings.LastIndexAny(key, ".["))] {
		if at, given := d.places[d.key(key)]; given {
			return at
		}
	}
	if at, given := d.places[join(d.path, "with")]; given {
		return at
	}
	return d.at
}

// textOf is where the place of a text's first character is kept, beside that of its value.
func textOf(path string) string { return path + "\x00text" }

func (d *draft) problem(file string, f stages.Fault) Problem {
	at := d.placeOf(f.Key)
	if inside, known := d.places[textOf(d.key(f.Key))]; known && f.Line > 0 {
		at = position{inside.line + f.Line - 1, inside.col + f.Col - 1, inside.file}
	}
	p := Problem{File: cmp.Or(at.file, file), Line: at.line, Col: at.col, Path: d.key(f.Key), What: f.What(), code: exit.Of(f.Err)}
	if d.path != join("steps", d.Name) && strings.HasPrefix(p.Path, d.path) {
		p.step = d.Name
	}
	return p
}
