package ui

import (
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/runners"
)

// drawings keeps the last picture of runs: laying one out takes longer than to look.
type drawings struct {
	mu   sync.Mutex
	by   map[string]drawing // by run
	runs []string           // as their pictures came
}

// mostDrawings is how many pictures are kept: as many as the first page lists runs.
const mostDrawings = shown

// keep keeps a picture, and lets the one go that came first where they are too many.
func (d *drawings) keep(run string, one drawing) {
	if _, known := d.by[run]; !known {
		d.runs = append(d.runs, run)
	}
	d.by[run] = one
	if len(d.runs) > mostDrawings {
		delete(d.by, d.runs[0])
		d.runs = d.runs[1:]
	}
}

type drawing struct {
	of  string // what it shows
	svg template.HTML
}

// draw is the DAG of a run with its states.
func (f *folder) draw(t told) (template.HTML, error) {
	if len(t.Outline) == 0 {
		return "", nil
	}
	graph := t.graph()
	steps := map[string]runners.StepRecord{}
	for _, s := range t.Steps {
		steps[s.Step] = s
	}
	below := func(n *picture.Node) string { return below(n, steps) }
	var of strings.Builder
	for _, n := range graph.Nodes {
		fmt.Fprintln(&of, n.Name, n.State, below(n))
	}
	f.drawn.mu.Lock()
	defer f.drawn.mu.Unlock()
	if known := f.drawn.by[t.ID]; known.of == of.String() {
		return known.svg, nil
	}
	svg, err := graph.SVG("the steps of "+t.Named, below)
	if err == nil {
		f.drawn.keep(t.ID, drawing{of.String(), svg})
	}
	return svg, err
}

// below is what stands below a node's name: its state, and of a group how many are how far.
func below(n *picture.Node, steps map[string]runners.StepRecord) string {
	count, seconds := map[string]int{}, 0.0
	for _, m := range n.Members {
		s, begun := steps[m.Name]
		if !begun {
			s.State = "waiting"
		}
		count[s.State]++
		seconds += s.Seconds
	}
	var parts []string
	for _, state := range states {
		switch n := count[state]; {
		case n > 0 && len(count) == 1:
			parts = append(parts, state)
		case n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	text := strings.Join(parts, ", ")
	if count["done"] > 0 && len(count) == 1 {
		text += ", " + page.Took(time.Duration(seconds*float64(time.Second)))
	}
	return text
}

// states are those of steps, in the order in which they are told.
var states = []string{"failed", "interrupted", "cancelled", "running", "done", "accepted", "skipped", "waiting"}
