package dags

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// MarksFolder is where marks lie: beside the journals, a file an output, by its name. They
// say of outputs what fingerprints do not: that a step before them was forced since, or
// that a person took one as current.
const (
	MarksFolder  = "runs/marks"
	staleMark    = "stale"
	acceptedMark = "accepted"
	markSuffix   = ".json"
)

// staleSince is the mark of an output that was made before a step was forced.
type staleSince struct {
	Forced []string  `json:"forced"` // the steps
	Run    string    `json:"run"`
	Time   time.Time `json:"time"`
}

func markName(kind, output string) string { return path.Join(MarksFolder, kind, output+markSuffix) }

// readMarks notes which marks there are.
func (p *Planner) readMarks(ctx context.Context) error {
	files, err := p.out.List(ctx, MarksFolder+"/")
	p.marks = map[string]bool{}
	for _, f := range files {
		if !store.IsTemporary(f.Name) {
			p.marks[f.Name] = true
		}
	}
	return err
}

// mark writes a mark and notes it.
func (p *Planner) mark(ctx context.Context, kind, output string, what any) error {
	text, err := json.Marshal(what)
	if err == nil {
		err = makeFolders(p.out, MarksFolder, path.Join(MarksFolder, kind))
	}
	if err == nil {
		err = store.WriteFile(ctx, p.out, markName(kind, output), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("mark the output %s: %w", output, err)
	}
	p.marks[markName(kind, output)] = true
	return nil
}

// makeFolders makes folders on this machine, each of which must be ours; a bucket has none.
func makeFolders(out store.Dir, names ...string) error {
	for _, name := range names {
		if local, ok := out.LocalPath(name); ok {
			if err := outdir.Make(local); err != nil {
				return err
			}
		}
	}
	return nil
}

// Unmark removes the marks of an output's name, which is made anew.
func (p *Planner) Unmark(ctx context.Context, d Decision) error {
	for _, kind := range []string{staleMark, acceptedMark} {
		if name := markName(kind, d.Output()); p.marks[name] {
			if err := p.out.RemoveAll(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// MarkForced marks the outputs of the steps that are forced, and before them those of all
// that takes its inputs from these: however this run ends, later ones make them again.
// The forced steps are the last: a kill in between leaves too much to be made, never too
// little.
func (p *Planner) MarkForced(ctx context.Context, d *DAG, run string) error {
	after := d.afterForced()
	forced := func(s *Step) bool { return s.Forced }
	if !slices.ContainsFunc(d.Steps, forced) {
		return nil
	}
	for _, last := range []bool{false, true} {
		for _, step := range slices.Backward(d.Whole) {
			if step.Forced != last || len(after[step.Name]) == 0 {
				continue
			}
			since := staleSince{after[step.Name], run, time.Now().UTC().Truncate(time.Second)}
			for _, output := range p.outputsOf(step.Name) {
				if err := p.mark(ctx, staleMark, output, since); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// afterForced lists, by step, the forced steps that it takes its inputs from, however far,
// itself among them.
func (d *DAG) afterForced() map[string][]string {
	after := map[string][]string{}
	for _, step := range d.Whole {
		var from []string
		if step.Forced {
			from = []string{step.Name}
		}
		for _, up := range step.Inputs() {
			for _, name := range after[up] {
				from = appendNew(from, name)
			}
		}
		after[step.Name] = from
	}
	return after
}

// outputsOf names the folders of a step's outputs, complete or not, and the names in whose
// place one was accepted.
func (p *Planner) outputsOf(step string) (names []string) {
	for folder := range p.outputs {
		names = append(names, folder)
	}
	for mark := range p.marks {
		if strings.HasPrefix(mark, path.Join(MarksFolder, acceptedMark)+"/") {
			names = append(names, strings.TrimSuffix(path.Base(mark), markSuffix))
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		m := fingerprinted.FindStringSubmatch(name)
		return m == nil || m[1] != step
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// forcedSince says why an output is stale that was made before a step was forced; ""
// where none was. A mark that cannot be read is one.
func (p *Planner) forcedSince(ctx context.Context, step, output string) string {
	name := markName(staleMark, output)
	if !p.marks[name] {
		return ""
	}
	var since staleSince
	text, err := store.ReadFile(ctx, p.out, name)
	if err == nil {
		err = json.Unmarshal(text, &since)
	}
	if err != nil || slices.Contains(since.Forced, step) {
		return "it was forced, and is not made again yet"
	}
	return upstream(since.Forced, "was forced since", "were forced since")
}

// upstream tells of steps before another one.
func upstream(steps []string, one, many string) string {
	if len(steps) == 1 {
		return fmt.Sprintf("upstream step %s %s", steps[0], one)
	}
	return fmt.Sprintf("upstream steps %s %s", strings.Join(steps, ", "), many)
}
