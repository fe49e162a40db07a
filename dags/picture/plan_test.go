package picture_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/graph/formats/dot"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/stages"
)

// planned is a plan of the demo in which all is done but for some steps.
func planned(t *testing.T, states map[string]dags.State) dags.Plan {
	t.Helper()
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	p := dags.Plan{DAG: d}
	for _, step := range d.Steps {
		state, ok := states[step.Name]
		if !ok {
			state = dags.StateDone
		}
		p.Steps = append(p.Steps, dags.Decision{Step: step, State: state})
	}
	return p
}

func TestAGroupOfAPlanShowsItsWorstStep(t *testing.T) {
	p := planned(t, map[string]dags.State{"pmv_head": dags.StateStale, "pmv_lora": dags.StateWaiting, "texts": dags.StateNew})
	g, detail := picture.OfPlan(p)
	tuned := node(t, g, "${task}_${variant}")
	if tuned.State != "stale" || detail(tuned) != "1 stale, 1 waiting, 28 done" {
		t.Errorf("the variants are %s: %s", tuned.State, detail(tuned))
	}
	if texts := node(t, g, "texts"); texts.State != "new" || detail(texts) != "new" {
		t.Errorf("the texts are %s: %s", texts.State, detail(texts))
	}
	for _, group := range p.Record().Groups {
		if group.Group == "${task}_${variant}" && (group.State != dags.StateStale || len(group.Steps) != 30 || group.States[dags.StateDone] != 28) {
			t.Errorf("for programs the variants are %+v", group)
		}
	}
}

// TestDOTIsRead by another's parser, with the nodes and edges of the graph.
func TestDOTIsRead(t *testing.T) {
	g, detail := picture.OfPlan(planned(t, nil))
	var b strings.Builder
	if err := g.DOT(&b, `a "name" \`, detail); err != nil {
		t.Fatal(err)
	}
	file, err := dot.ParseString(b.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	edges := 0
	for _, n := range g.Nodes {
		edges += len(n.Ups)
	}
	if want := 1 + len(g.Nodes) + edges; len(file.Graphs) != 1 || len(file.Graphs[0].Stmts) != want {
		t.Errorf("%d statements, want %d", len(file.Graphs[0].Stmts), want)
	}
}

func TestAPictureAloneIsXMLWithItsStyle(t *testing.T) {
	g, detail := picture.OfPlan(planned(t, map[string]dags.State{"texts": dags.StateStale}))
	svg, err := g.Document(`the <plan> & "more"`, detail)
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("CLINFLOW_PICTURE_ALONE"); path != "" { // to look at it
		if err := os.WriteFile(path, []byte(svg), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for err == nil {
		_, err = decoder.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for _, want := range []string{`<svg xmlns="http://www.w3.org/2000/svg" class="dag"`, "<style>", "prefers-color-scheme: dark", `class="node stale"`, `class="node done"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Count(svg, "http") != 1 {
		t.Error("it names something elsewhere")
	}
}
