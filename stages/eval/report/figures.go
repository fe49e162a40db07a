package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

const (
	rocSide    = 3.4 * vg.Inch
	lossWidth  = 4.2 * vg.Inch
	lossHeight = 2.5 * vg.Inch
)

// The styles of a training that is drawn alone.
var (
	trainStyle      = page.LineStyle{Colour: page.Palette[1], Width: 1.6}
	validationStyle = page.LineStyle{Colour: page.Palette[3], Dashes: page.DashPatterns[2], Width: 1.6}
)

// figure draws a training's loss by optimizer step.
func (r runLog) figure() (page.Figure, error) {
	p := page.NewPlot("step", "loss")
	curves := []page.Curve{{Name: "train", Style: trainStyle}, {Name: "validation", Style: validationStyle}}
	for _, line := range r.lines {
		which := 0
		if line.Split == split.Val {
			which = 1
		}
		curves[which].Points = append(curves[which].Points, plotter.XY{X: float64(line.Step), Y: line.Loss})
	}
	if err := page.Draw(p, curves); err != nil {
		return page.Figure{}, err
	}
	svg, err := page.Render(p, lossWidth, lossHeight, "loss of "+r.step)
	return page.Figure{Caption: r.step, SVG: svg, Legend: page.LegendOf(curves)}, err
}

// validationFigures draw the validation loss of a task's variants, and their AUROC
// where it was logged, by epoch: variants differ in their steps an epoch.
func validationFigures(logs []runLog, label string, styles map[string]page.LineStyle) ([]page.Figure, error) {
	var figures []page.Figure
	for _, shown := range []struct {
		name  string
		value func(trainlog.Line) *float64
	}{
		{"validation loss", func(l trainlog.Line) *float64 { return &l.Loss }},
		{"validation AUROC", func(l trainlog.Line) *float64 { return l.AUROC }},
	} {
		var curves []page.Curve
		for _, r := range logs {
			c := page.Curve{Name: r.variant, Style: styles[r.variant]}
			for _, line := range r.validations() {
				if y := shown.value(line); y != nil {
					c.Points = append(c.Points, plotter.XY{X: float64(line.Epoch), Y: *y})
				}
			}
			curves = append(curves, c)
		}
		if len(page.LegendOf(curves)) == 0 {
			continue
		}
		p := page.NewPlot("epoch", shown.name)
		p.X.Tick.Marker = plot.TickerFunc(page.WholeTicks)
		if err := page.Draw(p, curves); err != nil {
			return nil, err
		}
		svg, err := page.Render(p, lossWidth, lossHeight, shown.name+" of "+label)
		if err != nil {
			return nil, err
		}
		figures = append(figures, page.Figure{Caption: label + ", " + shown.name, SVG: svg})
	}
	return figures, nil
}

// rocFigures draws a figure a task with the curves of all rows, where there is one.
func (t resultTable) rocFigures() ([]page.Figure, error) {
	styles := t.styles()
	var figures []page.Figure
	for i, name := range t.Tasks {
		p := page.NewPlot("false positive rate", "true positive rate")
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Add(diagonal())
		var curves []page.Curve
		for _, row := range t.Rows {
			curves = append(curves, row.rocCurve(name, row.Cells[i].Text, styles[row.Name]))
		}
		if !slices.ContainsFunc(curves, func(c page.Curve) bool { return len(c.Points) > 0 }) {
			continue
		}
		if err := page.Draw(p, curves); err != nil {
			return nil, err
		}
		svg, err := page.Render(p, rocSide, rocSide, "ROC curves of "+taskLabel(name))
		if err != nil {
			return nil, err
		}
		figures = append(figures, page.Figure{Caption: taskLabel(name), SVG: svg, Legend: page.LegendOf(curves)})
	}
	return figures, nil
}

// diagonal is what chance gives.
func diagonal() plot.Plotter {
	line := plotter.NewFunction(func(x float64) float64 { return x })
	line.Color = page.Pale
	return line
}

func (r resultRow) rocCurve(task, value string, style page.LineStyle) page.Curve {
	c := page.Curve{Name: r.Name, Value: value, Style: style}
	for _, p := range r.curves[task] {
		c.Points = append(c.Points, plotter.XY{X: p.FPR, Y: p.TPR})
	}
	return c
}
