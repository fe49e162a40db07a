package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

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
	trainStyle      = lineStyle{palette[1], nil, 1.6}
	validationStyle = lineStyle{palette[3], dashPatterns[2], 1.6}
)

// figure draws a training's loss by optimizer step.
func (r runLog) figure() (figure, error) {
	p := newPlot("step", "loss")
	curves := []curve{{name: "train", style: trainStyle}, {name: "validation", style: validationStyle}}
	for _, line := range r.lines {
		which := 0
		if line.Split == split.Val {
			which = 1
		}
		curves[which].points = append(curves[which].points, plotter.XY{X: float64(line.Step), Y: line.Loss})
	}
	if err := draws(p, curves); err != nil {
		return figure{}, err
	}
	svg, err := render(p, lossWidth, lossHeight, "loss of "+r.step)
	return figure{Caption: r.step, SVG: svg, Legend: legendOf(curves)}, err
}

// validationFigures draw the validation loss of a task's variants, and their AUROC
// where it was logged, by epoch: variants differ in their steps an epoch.
func validationFigures(logs []runLog, label string, styles map[string]lineStyle) ([]figure, error) {
	var figures []figure
	for _, shown := range []struct {
		name  string
		value func(trainlog.Line) *float64
	}{
		{"validation loss", func(l trainlog.Line) *float64 { return &l.Loss }},
		{"validation AUROC", func(l trainlog.Line) *float64 { return l.AUROC }},
	} {
		var curves []curve
		for _, r := range logs {
			c := curve{name: r.variant, style: styles[r.variant]}
			for _, line := range r.validations() {
				if y := shown.value(line); y != nil {
					c.points = append(c.points, plotter.XY{X: float64(line.Epoch), Y: *y})
				}
			}
			curves = append(curves, c)
		}
		if len(legendOf(curves)) == 0 {
			continue
		}
		p := newPlot("epoch", shown.name)
		p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
		if err := draws(p, curves); err != nil {
			return nil, err
		}
		svg, err := render(p, lossWidth, lossHeight, shown.name+" of "+label)
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{Caption: label + ", " + shown.name, SVG: svg})
	}
	return figures, nil
}

// rocFigures draws a figure a task with the curves of all rows, where there is one.
func (t resultTable) rocFigures() ([]figure, error) {
	styles := t.styles()
	var figures []figure
	for i, name := range t.Tasks {
		p := newPlot("false positive rate", "true positive rate")
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Add(diagonal())
		var curves []curve
		for _, row := range t.Rows {
			curves = append(curves, row.rocCurve(name, row.Cells[i].Text, styles[row.Name]))
		}
		if !slices.ContainsFunc(curves, func(c curve) bool { return len(c.points) > 0 }) {
			continue
		}
		if err := draws(p, curves); err != nil {
			return nil, err
		}
		svg, err := render(p, rocSide, rocSide, "ROC curves of "+taskLabel(name))
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{Caption: taskLabel(name), SVG: svg, Legend: legendOf(curves)})
	}
	return figures, nil
}

// diagonal is what chance gives.
func diagonal() plot.Plotter {
	line := plotter.NewFunction(func(x float64) float64 { return x })
	line.Color = pale
	return line
}

func (r resultRow) rocCurve(task, value string, style lineStyle) curve {
	c := curve{name: r.Name, value: value, style: style}
	for _, p := range r.curves[task] {
		c.points = append(c.points, plotter.XY{X: p.FPR, Y: p.TPR})
	}
	return c
}
