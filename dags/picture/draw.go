package picture

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"github.com/goccy/go-graphviz"
)

// head sets how Graphviz lays a DAG out. Fonts are not those of the page that shows it:
// the margins leave them room.
const head = `digraph {
	bgcolor="transparent"; rankdir=TB; nodesep=0.25; ranksep=0.4; pad=0.05
	node [shape=box style=rounded fontname="Helvetica" fontsize=12 margin="0.2,0.09"]
	edge [arrowsize=0.6]
`

// DOT is the graph in Graphviz's language. detail says what stands below a node's name.
func (g Graph) DOT(detail func(*Node) string) string {
	var b strings.Builder
	b.WriteString(head)
	for _, n := range g.Nodes {
		label := quotable.Replace(n.Label())
		if below := detail(n); below != "" {
			label += `\n` + quotable.Replace(below)
		}
		fmt.Fprintf(&b, "\t\"%s\" [label=\"%s\" class=\"%s\" tooltip=\"%s\"]\n", quotable.Replace(n.Name), label, n.State, quotable.Replace(n.Members[0].Stage.Name))
	}
	for _, n := range g.Nodes {
		for _, up := range n.Ups {
			fmt.Fprintf(&b, "\t\"%s\" -> \"%s\"\n", quotable.Replace(up), quotable.Replace(n.Name))
		}
	}
	return b.String() + "}\n"
}

// quotable makes a text one that stands in quotes: a backslash begins an escape there.
var quotable = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Label is the node's name, and how many steps it stands for.
func (n *Node) Label() string {
	name := strings.NewReplacer("${", "‹", "}", "›").Replace(n.Name)
	if len(n.Members) > 1 {
		return fmt.Sprintf("%s ×%d", name, len(n.Members))
	}
	return name
}

var (
	prolog   = regexp.MustCompile(`(?s)^.*?<svg width="([0-9.]+)pt" height="[0-9.]+pt"`)
	anchors  = regexp.MustCompile(`</?a\b[^>]*>`)
	ids      = regexp.MustCompile(` id="[^"]*"`)
	comments = regexp.MustCompile(`(?s)<!--.*?-->\n?`)
	paint    = regexp.MustCompile(` (fill|stroke|font-family|font-size)="(black|transparent|Helvetica[^"]*|[0-9.]+)"`)
)

// SVG draws the graph as an element that sits in HTML and takes its colours and fonts
// from the page's style: .dag, and .node with a state's class in it.
func (g Graph) SVG(ctx context.Context, title string, detail func(*Node) string) (template.HTML, error) {
	engine, err := graphviz.New(ctx)
	if err != nil {
		return "", fmt.Errorf("draw a DAG: %w", err)
	}
	defer engine.Close()
	graph, err := graphviz.ParseBytes([]byte(g.DOT(detail)))
	if err != nil {
		return "", fmt.Errorf("draw a DAG: %w", err)
	}
	defer graph.Close()
	var out bytes.Buffer
	if err := engine.Render(ctx, graph, graphviz.SVG, &out); err != nil {
		return "", fmt.Errorf("draw a DAG: %w", err)
	}
	svg := prolog.ReplaceAllString(out.String(), `<svg class="dag" role="img" aria-label="`+template.HTMLEscapeString(title)+`" style="width:${1}px"`)
	for _, not := range []*regexp.Regexp{comments, anchors, ids, paint} {
		svg = not.ReplaceAllString(svg, "")
	}
	return template.HTML(svg), nil
}
