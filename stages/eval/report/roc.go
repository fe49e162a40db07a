package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/clinflow/clinflow/internal/page"
)

const rocSide = 3.4 * vg.Inch

// rocFigures draws a figure a task: its highest variant beside what variants are held
// against. More curves than that hide each other.
func (t resultTable) rocFigures() ([]page.Figure, error) {
	styles := t.styles()
	var figures []page.Figure
	for _, name := range t.Tasks {
		var curves []page.Curve
		for _, row := range t.drawn(name) {
			curves = append(curves, row.rocCurve(name, styles[row.Name]))
		}
		if len(page.LegendOf(curves)) == 0 {
			continue
		}
		p := page.NewPlot("false positive rate", "true positive rate")
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Add(diagonal())
		if err := page.Draw(p, curves); err != nil {
			return nil, err
		}
		svg, err := page.Render(p, rocSide, rocSide, "ROC curves of "+taskLabel(name))
		if err != nil {
			return nil, err
		}
		figures = append(figures, page.Figure{Caption: taskLabel(name) + t.curveKind(name), SVG: svg, Legend: page.LegendOf(curves)})
	}
	return figures, nil
}

// drawn are the highest variant of a task and the rows beside the variants.
func (t resultTable) drawn(task string) (rows []resultRow) {
	if top, found := t.top(task); found {
		rows = append(rows, top)
	}
	return append(rows, slices.DeleteFunc(slices.Clone(t.Rows), func(r resultRow) bool { return !r.Beside })...)
}

// curveKind says what mean a curve is, where it is one.
func (t resultTable) curveKind(task string) string {
	switch score := t.measured(task); {
	case score.OneVsRest != nil:
		return ", mean of one class against the rest"
	case score.Softmax != nil:
		return ", mean of the labels"
	default:
		return ""
	}
}

// diagonal is what chance gives.
func diagonal() plot.Plotter {
	line := plotter.NewFunction(func(x float64) float64 { return x })
	line.Color = page.Pale
	return line
}

// rocCurve is a row's curve, beside it the area below it: of classes, whose curve is that
// of one against the rest, the AUROC of that kind.
func (r resultRow) rocCurve(task string, style page.LineStyle) page.Curve {
	score := r.scores.Tasks[task]
	area := score.AUROC
	if score.OneVsRest != nil {
		area = score.OneVsRest
	}
	c := page.Curve{Name: r.Name, Value: showAUROC(area), Style: style}
	for _, p := range r.curves[task] {
		c.Points = append(c.Points, plotter.XY{X: p.FPR, Y: p.TPR})
	}
	return c
}
