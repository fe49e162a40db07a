package picture

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/clinflow/clinflow/dags"
)

// OfPlan is the graph of a plan. A node's state is the plan's of the worst of its steps;
// detail, for SVG and DOT, tells how many are in which.
func OfPlan(p dags.Plan) (g Graph, detail func(*Node) string) {
	decided := map[string]dags.State{}
	for _, d := range p.Steps {
		decided[d.Step.Name] = d.State
	}
	g = Of(p.DAG, nil)
	tallies := map[string]string{}
	for _, node := range g.Nodes {
		states, counts := []dags.State{}, map[dags.State]int{}
		for _, step := range node.Members {
			states = append(states, decided[step.Name])
			counts[decided[step.Name]]++
		}
		node.State, tallies[node.Name] = State(dags.WorstState(states...)), dags.Tally(counts)
	}
	return g, func(n *Node) string { return tallies[n.Name] }
}

//go:embed alone.css
var alone string

// Document is the graph as a file of its own: SVG with a style for light and dark screens.
func (g Graph) Document(title string, detail func(*Node) string) (string, error) {
	svg, err := g.SVG(title, detail)
	text := strings.Replace(string(svg), "<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `, 1)
	inside := fmt.Sprintf(">\n<title>%s</title>\n<style>\n%s</style>", template.HTMLEscapeString(title), alone)
	return strings.Replace(text, ">", inside, 1) + "\n", err
}

// fills are the colours of states in DOT, which has no style sheets: those of a page.
var fills = map[dags.State]string{
	dags.StateDone: "#e3f3ea", dags.StateAccepted: "#e3f3ea", dags.StateMissing: "#fde3e0", dags.StateStale: "#fff3d6", dags.StateIncomplete: "#fff3d6", dags.StateForced: "#fff3d6",
}

// DOT writes the graph in Graphviz's language, https://graphviz.org/doc/info/lang.html.
func (g Graph) DOT(w io.Writer, title string, detail func(*Node) string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3f8\", fontname=\"Helvetica\"];\n", quote(title))
	for _, n := range g.Nodes {
		fill := ""
		if colour, ok := fills[dags.State(n.State)]; ok {
			fill = fmt.Sprintf(", fillcolor=%s", quote(colour))
		}
		label := n.Label()
		if below := detail(n); below != "" {
			label += "\n" + below
		}
		fmt.Fprintf(&b, "  %s [label=%s, tooltip=%s%s];\n", quote(n.Name), quote(label), quote(n.Members[0].Stage.Name), fill)
	}
	for _, n := range g.Nodes {
		for _, up := range n.Ups {
			fmt.Fprintf(&b, "  %s -> %s;\n", quote(up), quote(n.Name))
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// quote is a text as an ID of DOT.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
