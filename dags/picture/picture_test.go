package picture_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/builtin"
)

// demo is the graph of the shipped DAG with the most groups.
func demo(t *testing.T, states map[string]picture.State) picture.Graph {
	t.Helper()
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	return picture.Of(d, states)
}

func node(t *testing.T, g picture.Graph, name string) *picture.Node {
	t.Helper()
	for _, n := range g.Nodes {
		if n.Name == name {
			return n
		}
	}
	t.Fatalf("no node %s", name)
	return nil
}

func members(n *picture.Node) string { return fmt.Sprint(len(n.Members)) }

func TestAGroupIsOneNodeInItsWorstState(t *testing.T) {
	g := demo(t, map[string]picture.State{"pmv_head": picture.Done, "pmv_lora": picture.Failed, "mor_head": picture.Cancelled, "texts": picture.Skipped})
	tuned := node(t, g, "${task}_${variant}")
	if len(tuned.Members) != 30 || tuned.State != picture.Failed || tuned.Label() != "‹task›_‹variant› ×30" {
		t.Errorf("the variants are %d steps, %s, headed %s", len(tuned.Members), tuned.State, tuned.Label())
	}
	if texts := node(t, g, "texts"); texts.State != picture.Skipped || len(texts.Members) != 1 || texts.Label() != "texts" {
		t.Errorf("the texts are %v", texts)
	}
}

// TestNoLineSaysWhatALongerWaySays: all that is trained needs the split, but some of it
// by way of other steps: the clinical adapter does so itself, its base has read no patient.
func TestNoLineSaysWhatALongerWaySays(t *testing.T) {
	g := demo(t, nil)
	for name, want := range map[string][]string{
		"mimic": nil, "patients": {"mimic"}, "split": {"patients"}, "clinical": {"corpus", "split", "base"},
		"predictions_${task}_${variant}": {"${task}_${variant}"},
	} {
		if diff := cmp.Diff(want, node(t, g, name).Ups); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSVGIsInlineAndTheSameAgain(t *testing.T) {
	draw := func() string {
		svg, err := demo(t, map[string]picture.State{"base": picture.Done}).SVG(`the "demo"`, members)
		if err != nil {
			t.Fatal(err)
		}
		return string(svg)
	}
	svg := draw()
	if path := os.Getenv("CLINFLOW_PICTURE"); path != "" { // to look at it
		if err := os.WriteFile(path, []byte(svg), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if again := draw(); again != svg {
		t.Error("drawn again it is another")
	}
	for _, want := range []string{`<svg class="dag" role="img" aria-label="the &#34;demo&#34;"`, `class="node done"`, "‹task›_‹variant› ×30", "</svg>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, other := range []string{"<!", "<?", "<a ", "href=", " id=", `"black"`, "<style"} {
		if strings.Contains(svg, other) {
			t.Errorf("there is %s", other)
		}
	}
}
