package picture

import (
	"fmt"
	"html/template"
	"strings"
)

// Label is the node's name, and how many steps it stands for.
func (n *Node) Label() string {
	name := strings.NewReplacer("${", "‹", "}", "›").Replace(n.Name)
	if len(n.Members) > 1 {
		return fmt.Sprintf("%s ×%d", name, len(n.Members))
	}
	return name
}

// SVG draws the graph as an element that sits in HTML and takes its colours and fonts
// from the page's style: .dag, and .node with a state's class in it. detail says what
// stands below a node's name.
func (g Graph) SVG(title string, detail func(*Node) string) (template.HTML, error) {
	l, err := g.layOut(detail)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="dag" role="img" aria-label="%s" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f">`,
		template.HTMLEscapeString(title), l.Width, l.Height, l.Width, l.Height)
	for _, points := range l.upright(g) {
		fmt.Fprintf(&b, "\n"+`<g class="edge"><path fill="none" d="%s"/><polygon points="%s"/></g>`, smooth(points), head(points[len(points)-1]))
	}
	for i, n := range g.Nodes {
		b.WriteString("\n" + l.Nodes[i].draw(n, detail(n)))
	}
	b.WriteString("\n</svg>")
	return template.HTML(b.String()), nil
}

// draw draws a node with its texts.
func (at box) draw(n *Node, below string) string {
	text := func(dy float64, text string) string {
		return fmt.Sprintf(`<text text-anchor="middle" x="%.1f" y="%.1f">%s</text>`, at.X, at.Y+dy, template.HTMLEscapeString(text))
	}
	lines := text(4, n.Label())
	if below != "" {
		lines = text(-3, n.Label()) + text(11, below)
	}
	return fmt.Sprintf(`<g class="node %s"><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="7"/>%s</g>`,
		n.State, template.HTMLEscapeString(n.Members[0].Stage.Name), at.X-at.Width/2, at.Y-at.Height/2, at.Width, at.Height, lines)
}

// upright lets edges begin at the lower side of a node and end at the upper side of one:
// dagre has them cross the outline anywhere.
func (l layout) upright(g Graph) [][]point {
	at := map[string]box{}
	for i, n := range g.Nodes {
		at[n.Name] = l.Nodes[i]
	}
	i := 0
	for _, n := range g.Nodes {
		for _, up := range n.Ups {
			points := l.Edges[i]
			points[0] = at[up].side(points[0].X, 1)
			points[len(points)-1] = at[n.Name].side(points[len(points)-1].X, -1)
			i++
		}
	}
	return l.Edges
}

// corner is how far from a node's corner an edge stays, in pixels.
const corner = 12

// side is the place on a node's lower (1) or upper (-1) side that is nearest to x.
func (at box) side(x, way float64) point {
	reach := at.Width/2 - corner
	return point{min(max(x, at.X-reach), at.X+reach), at.Y + way*at.Height/2}
}

// arrow is an arrow head's length, in pixels.
const arrow = 6

// smooth is an edge as a curve that ends upright: through the middles of what lies between
// two points, as quadratic splines do.
func smooth(points []point) string {
	last := points[len(points)-1]
	last.Y -= arrow
	path := fmt.Sprintf("M%.1f,%.1f", points[0].X, points[0].Y)
	for i := 1; i < len(points)-1; i++ {
		to := point{(points[i].X + points[i+1].X) / 2, (points[i].Y + points[i+1].Y) / 2}
		if i == len(points)-2 {
			to = last
		}
		path += fmt.Sprintf(" Q%.1f,%.1f %.1f,%.1f", points[i].X, points[i].Y, to.X, to.Y)
	}
	if len(points) < 3 {
		path += fmt.Sprintf(" L%.1f,%.1f", last.X, last.Y)
	}
	return path
}

// head is an arrow head whose point is where an edge ends.
func head(at point) string {
	return fmt.Sprintf("%.1f,%.1f %.1f,%.1f %.1f,%.1f", at.X, at.Y, at.X-arrow/2, at.Y-arrow, at.X+arrow/2, at.Y-arrow)
}
