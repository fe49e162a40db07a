package runners

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io"
	"path"
	"runtime"
	"slices"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/version"
)

//go:embed runpage.html
var runFile embed.FS

var runTemplate = page.Template(runFile, "runpage.html", template.FuncMap{
	"took": span, "memory": page.Memory, "time": func(t time.Time) string { return t.Format("2 January 2006, 15:04 MST") },
})

// runShown is what a page tells of the run that published it. A stage's output cannot
// hold it: it is other in each run.
type runShown struct {
	Run     RunRecord
	Title   string // of the DAG
	Version string
	Machine string
	Took    float64 // seconds, so far
	Picture template.HTML
	Nodes   []nodeShown
}

// nodeShown is a step, or the steps of a group together.
type nodeShown struct {
	Name, State string
	Steps       []StepRecord
	Seconds     float64 // of all its steps
	PeakMemory  int64   // the most of its steps
}

// ofRun is the text of a page with the run told where the page has room for it; other
// files stay as they are.
func ofRun(ctx context.Context, out store.Dir, d *dags.DAG, journal *Journal, p dags.Publish, from *dataset.Dataset) (text []byte, told bool, err error) {
	if path.Ext(p.Name) != ".html" {
		return nil, false, nil
	}
	r, err := from.OpenFile(ctx, p.File)
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	if text, err = io.ReadAll(r); err != nil || !bytes.Contains(text, []byte(page.RunMark)) {
		return nil, false, err
	}
	shown, err := showRun(ctx, out, d, journal.run)
	if err != nil {
		return nil, false, err
	}
	var section bytes.Buffer
	if err := runTemplate.Execute(&section, shown); err != nil {
		return nil, false, fmt.Errorf("tell of the run: %w", err)
	}
	return bytes.Replace(text, []byte(page.RunMark), section.Bytes(), 1), true, nil
}

// showRun gathers what the journals tell of a run's steps: of those that were skipped,
// what the run that made their outputs says.
func showRun(ctx context.Context, out store.Dir, d *dags.DAG, run string) (shown runShown, err error) {
	logs, err := journals(ctx, out)
	if err != nil {
		return shown, err
	}
	made := map[string]StepRecord{} // by fingerprint
	for _, log := range slices.Backward(logs) {
		r, err := readToDamage(ctx, out, log)
		if err != nil {
			return shown, err
		}
		for _, s := range r.Steps {
			if s.State == string(picture.Done) {
				made[s.Fingerprint] = s
			}
		}
		if r.ID == run {
			shown.Run = r
		}
	}
	shown.Title, shown.Version, shown.Machine = dags.Title(d.Name, d.File), version.Build(), fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	shown.Took = time.Since(shown.Run.Started).Seconds()
	states := map[string]picture.State{}
	for _, s := range shown.Run.Steps {
		states[s.Step] = picture.State(s.State)
	}
	graph := picture.Of(d, states)
	at := map[string]nodeShown{}
	for _, node := range graph.Nodes {
		at[node.Name] = shown.node(node, made)
		shown.Nodes = append(shown.Nodes, at[node.Name])
	}
	shown.Picture, err = graph.SVG("the steps of "+shown.Title, func(n *picture.Node) string { return at[n.Name].below() })
	return shown, err
}

func (r runShown) node(node *picture.Node, made map[string]StepRecord) nodeShown {
	shown := nodeShown{Name: node.Label(), State: string(node.State)}
	for _, step := range node.Members {
		i := slices.IndexFunc(r.Run.Steps, func(s StepRecord) bool { return s.Step == step.Name })
		if i < 0 {
			continue
		}
		s := r.Run.Steps[i]
		if before, known := made[s.Fingerprint]; known && (s.State == string(picture.Skipped) || s.State == string(picture.Accepted)) {
			s.Seconds, s.PeakMemory = before.Seconds, before.PeakMemory
		}
		shown.Steps = append(shown.Steps, s)
		shown.Seconds += s.Seconds
		shown.PeakMemory = max(shown.PeakMemory, s.PeakMemory)
	}
	return shown
}

// below is what the picture says below a node's name.
func (n nodeShown) below() string {
	text := n.State + ", " + span(n.Seconds)
	if n.PeakMemory > 0 {
		text += ", " + page.Memory(n.PeakMemory)
	}
	return text
}

func span(seconds float64) string { return page.Took(time.Duration(seconds * float64(time.Second))) }
