package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

const rocSide = 3.4 * vg.Inch

// rocFigures draws a figure a task with the curves of all rows, where there is one.
func (t resultTable) rocFigures() ([]figure, error) {
	styles := t.styles()
	var figures []figure
	for i, task := range t.Tasks {
		p := newPlot("false positive rate", "true positive rate")
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Add(diagonal())
		var curves []curve
		for _, row := range t.Rows {
			curves = append(curves, row.rocCurve(task, row.Cells[i].Text, styles[row.Name]))
		}
		if !slices.ContainsFunc(curves, func(c curve) bool { return len(c.points) > 0 }) {
			continue
		}
		if err := draws(p, curves); err != nil {
			return nil, err
		}
		svg, err := render(p, rocSide, rocSide, "ROC curves of "+taskLabel(task))
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{Caption: taskLabel(task), SVG: svg, Legend: legendOf(curves)})
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
