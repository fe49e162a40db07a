package page

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is an inline SVG with its caption. The template "figure" shows it.
type Figure struct {
	Caption string
	SVG     template.HTML // made by this program from numbers
	Legend  []LegendEntry
}

// Curve is one line of a figure.
type Curve struct {
	Name   string
	Value  string // beside the name in the legend
	Points plotter.XYs
	Style  LineStyle
}

// markedPoints is up to where a curve's points are marked: a validation loss of
// one epoch is one point.
const markedPoints = 20

// NewPlot is a plot with its axes named.
func NewPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, style := range []*draw.TextStyle{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		style.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(9)}
		style.Color = Ink
	}
	p.BackgroundColor = nil // the page's
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = Ink, Ink
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = Pale, Pale
	p.Add(grid)
	return p
}

// WholeTicks are at whole numbers, at most some eight.
func WholeTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	step := max(1, math.Ceil((high-low)/8))
	for at := math.Ceil(low/step) * step; at <= high; at += step {
		ticks = append(ticks, plot.Tick{Value: at, Label: fmt.Sprintf("%.0f", at)})
	}
	return ticks
}

// Draw adds curves to a plot.
func Draw(p *plot.Plot, curves []Curve) error {
	for _, c := range curves {
		if len(c.Points) == 0 {
			continue
		}
		line, err := plotter.NewLine(c.Points)
		if err != nil {
			return fmt.Errorf("draw a curve: %w", err)
		}
		line.Color, line.Width, line.Dashes = c.Style.Colour, c.Style.Width, c.Style.Dashes
		p.Add(line)
		if len(c.Points) <= markedPoints {
			marks, err := plotter.NewScatter(c.Points)
			if err != nil {
				return fmt.Errorf("draw a curve: %w", err)
			}
			marks.Color, marks.Radius, marks.Shape = c.Style.Colour, vg.Points(2), draw.CircleGlyph{}
			p.Add(marks)
		}
	}
	return nil
}

var svgProlog = regexp.MustCompile(`(?s)^.*?<svg`)

// Render draws a plot as an SVG element that sits in HTML.
func Render(p *plot.Plot, width, height vg.Length, title string) (template.HTML, error) {
	canvas := vgsvg.New(width, height)
	// Room at the right, or the last tick's label is cut.
	p.Draw(draw.Crop(draw.New(canvas), 0, -vg.Points(12), 0, -vg.Points(4)))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", fmt.Errorf("draw a figure: %w", err)
	}
	label := template.HTMLEscapeString(title)
	svg := svgProlog.ReplaceAllLiteralString(out.String(), `<svg role="img" aria-label="`+label+`"`)
	svg = hex.ReplaceAllStringFunc(svg, themed)
	return template.HTML(strings.ReplaceAll(svg, "Liberation Sans", "system-ui, sans-serif")), nil
}

var hex = regexp.MustCompile(`#[0-9A-Fa-f]{6}\b`)

// LegendOf names the curves that have points.
func LegendOf(curves []Curve) []LegendEntry {
	var entries []LegendEntry
	for _, c := range curves {
		if len(c.Points) > 0 {
			entries = append(entries, c.Style.Legend(c.Name, c.Value))
		}
	}
	return entries
}
