package report

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

const (
	lossWidth  = 4.2 * vg.Inch
	lossHeight = 2.5 * vg.Inch
)

// The styles of training curves.
var (
	calibratedStyle = page.LineStyle{Colour: page.Palette[6], Dashes: page.DashPatterns[0], Width: 1.6}
	otherStyle      = page.LineStyle{Colour: page.Pale, Width: 1.4}
	trainStyle      = page.LineStyle{Colour: page.Palette[1], Width: 1.6}
	validationStyle = page.LineStyle{Colour: page.Palette[3], Dashes: page.DashPatterns[2], Width: 1.6}
)

// figure draws a training's loss by optimizer step, on an axis from 0 to high.
func (r runLog) figure(high float64) (page.Figure, error) {
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
	p.Y.Min, p.Y.Max = 0, high
	svg, err := page.Render(p, lossWidth, lossHeight, "loss of "+r.step)
	return page.Figure{Caption: r.step, SVG: svg, Legend: page.LegendOf(curves)}, err
}

// highest is the top of an axis that holds all values of some logs.
func highest(logs []runLog, value func(trainlog.Line) *float64) float64 {
	top := 0.0
	for _, r := range logs {
		for _, line := range r.lines {
			if y := value(line); y != nil {
				top = max(top, *y)
			}
		}
	}
	return top * 1.05
}

func lossOf(l trainlog.Line) *float64  { return &l.Loss }
func aurocOf(l trainlog.Line) *float64 { return l.AUROC }

// validationFigures draw the validation loss of a task's variants, and their AUROC
// where it was logged, by epoch: variants differ in their steps an epoch. One variant
// stands out, the others are behind it. The axes are those of all tasks.
func validationFigures(logs []runLog, label, top string, style page.LineStyle, highLoss float64) ([]page.Figure, error) {
	var figures []page.Figure
	for _, shown := range []struct {
		name  string
		value func(trainlog.Line) *float64
		high  float64
	}{
		{"validation loss", lossOf, highLoss},
		{"validation AUROC", aurocOf, 1},
	} {
		var curves []page.Curve
		for _, r := range logs {
			c := page.Curve{Name: r.variant, Style: otherStyle}
			for _, line := range r.validations() {
				if y := shown.value(line); y != nil {
					c.Points = append(c.Points, plotter.XY{X: float64(line.Epoch), Y: *y})
				}
			}
			if r.variant == top {
				c.Style = style
			}
			curves = append(curves, c)
		}
		if len(page.LegendOf(curves)) == 0 {
			continue
		}
		// What is drawn last lies above.
		slices.SortStableFunc(curves, func(a, b page.Curve) int { return cmp.Compare(rank(a.Name == top), rank(b.Name == top)) })
		p := page.NewPlot("epoch", shown.name)
		p.X.Tick.Marker = plot.TickerFunc(page.WholeTicks)
		if err := page.Draw(p, curves); err != nil {
			return nil, err
		}
		p.Y.Min, p.Y.Max = 0, shown.high
		svg, err := page.Render(p, lossWidth, lossHeight, shown.name+" of "+label)
		if err != nil {
			return nil, err
		}
		figures = append(figures, page.Figure{Caption: label + ", " + shown.name, SVG: svg, Legend: standing(curves, top)})
	}
	return figures, nil
}

func rank(top bool) int {
	if top {
		return 1
	}
	return 0
}

// standing is the legend of one curve before the others.
func standing(curves []page.Curve, top string) (legend []page.LegendEntry) {
	entries := page.LegendOf(curves)
	for _, e := range entries {
		if e.Name == top {
			legend = append(legend, e)
		}
	}
	if others := len(entries) - len(legend); others > 0 {
		legend = append(legend, otherStyle.Legend("the others", ""))
	}
	return legend
}
