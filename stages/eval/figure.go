package eval

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/clinflow/clinflow/internal/auroc"
)

// palette is Okabe and Ito's: its colours stay apart for colour-blind readers.
var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {128, 100, 40, 255},
}

var (
	ink  = color.RGBA{60, 66, 74, 255}
	pale = color.RGBA{225, 229, 234, 255}
)

const (
	rocSide    = 4.4 * vg.Inch
	lossWidth  = 4.4 * vg.Inch
	lossHeight = 2.6 * vg.Inch
	// markedPoints is up to where a curve's points are marked: a validation loss
	// of one epoch is one point.
	markedPoints = 20
)

// curve is one line of a figure.
type curve struct {
	name   string // none: not in the legend
	value  string
	points plotter.XYs
	colour color.RGBA
	dashed bool
}

func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, style := range []*draw.TextStyle{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		style.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(9)}
		style.Color = ink
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = ink, ink
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = pale, pale
	p.Add(grid)
	return p
}

func draws(p *plot.Plot, curves []curve) error {
	for _, c := range curves {
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return fmt.Errorf("draw a curve: %w", err)
		}
		line.Color, line.Width = c.colour, vg.Points(1.6)
		if c.dashed {
			line.Dashes, line.Width = []vg.Length{vg.Points(4), vg.Points(3)}, vg.Points(1.2)
		}
		p.Add(line)
		if len(c.points) <= markedPoints {
			marks, err := plotter.NewScatter(c.points)
			if err != nil {
				return fmt.Errorf("draw a curve: %w", err)
			}
			marks.Color, marks.Radius, marks.Shape = c.colour, vg.Points(2), draw.CircleGlyph{}
			p.Add(marks)
		}
	}
	return nil
}

var svgProlog = regexp.MustCompile(`(?s)^.*?<svg`)

// render draws a plot as an SVG element that sits in HTML.
func render(p *plot.Plot, width, height vg.Length, title string) (template.HTML, error) {
	canvas := vgsvg.New(width, height)
	// Room at the right, or the last tick's label is cut.
	p.Draw(draw.Crop(draw.New(canvas), 0, -vg.Points(12), 0, -vg.Points(4)))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", fmt.Errorf("draw a figure: %w", err)
	}
	label := template.HTMLEscapeString(title)
	svg := svgProlog.ReplaceAllLiteralString(out.String(), `<svg role="img" aria-label="`+label+`"`)
	return template.HTML(strings.ReplaceAll(svg, "Liberation Sans", "system-ui, sans-serif")), nil
}

// rocFigures draws a figure a task with the curves of all variants.
func rocFigures(t resultTable, c Curves) ([]figure, error) {
	var figures []figure
	for i, task := range t.Tasks {
		p := newPlot("false positive rate", "true positive rate")
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Add(diagonal())
		var curves []curve
		for k, row := range t.Rows {
			curves = append(curves, rocCurve(row, i, c.Variants[row.Variant][task], palette[k%len(palette)], false))
		}
		if t.Best != nil {
			curves = append(curves, rocCurve(*t.Best, i, c.KnownBest[task], ink, true))
		}
		if err := draws(p, nonEmpty(curves)); err != nil {
			return nil, err
		}
		svg, err := render(p, rocSide, rocSide, "ROC curves of "+task)
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{Caption: task, SVG: svg, Legend: legendOf(curves)})
	}
	return figures, nil
}

// diagonal is what chance gives.
func diagonal() plot.Plotter {
	line := plotter.NewFunction(func(x float64) float64 { return x })
	line.Color = pale
	return line
}

func rocCurve(row resultRow, task int, points []auroc.Point, colour color.RGBA, dashed bool) curve {
	c := curve{name: row.Variant, value: showAUROC(row.Cells[task].AUROC), colour: colour, dashed: dashed}
	for _, p := range points {
		c.points = append(c.points, plotter.XY{X: p.FPR, Y: p.TPR})
	}
	return c
}

// lossFigure draws a training's loss by optimizer step.
func lossFigure(step string, lines []logLine) (figure, error) {
	p := newPlot("step", "loss")
	curves := []curve{{name: "train", colour: palette[0]}, {name: "validation", colour: palette[1]}}
	for _, line := range lines {
		which := 0
		if line.Split == "val" {
			which = 1
		}
		curves[which].points = append(curves[which].points, plotter.XY{X: float64(line.Step), Y: line.Loss})
	}
	if err := draws(p, nonEmpty(curves)); err != nil {
		return figure{}, err
	}
	svg, err := render(p, lossWidth, lossHeight, "loss of "+step)
	return figure{Caption: step, SVG: svg, Legend: legendOf(curves)}, err
}

func legendOf(curves []curve) []legendEntry {
	var entries []legendEntry
	for _, c := range curves {
		if c.name != "" && len(c.points) > 0 {
			hex := fmt.Sprintf("#%02x%02x%02x", c.colour.R, c.colour.G, c.colour.B)
			entries = append(entries, legendEntry{c.name, c.value, hex, c.dashed})
		}
	}
	return entries
}

func nonEmpty(curves []curve) []curve {
	var kept []curve
	for _, c := range curves {
		if len(c.points) > 0 {
			kept = append(kept, c)
		}
	}
	return kept
}
