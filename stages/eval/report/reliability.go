package report

import (
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/eval"

	"gonum.org/v1/plot/plotter"
)

// reliabilityFigures draw how often what is told as one chance in ten comes true: of a
// task's highest variant before and after calibration, and of the bag of words; of a
// task of several classes those of the variant.
func (t resultTable) reliabilityFigures(r *eval.Reliability) ([]page.Figure, error) {
	if r == nil {
		return nil, nil
	}
	var figures []page.Figure
	for _, name := range t.Tasks {
		top, found := t.top(name)
		if !found {
			continue
		}
		curves := t.reliabilityCurves(r, name, top)
		if len(page.LegendOf(curves)) == 0 {
			continue
		}
		p := page.NewPlot("mean predicted probability", "share observed")
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Add(diagonal())
		if err := page.Draw(p, curves); err != nil {
			return nil, err
		}
		svg, err := page.Render(p, rocSide, rocSide, "reliability of "+taskLabel(name))
		if err != nil {
			return nil, err
		}
		caption := taskLabel(name)
		if len(r.Variants[top.Name][name]) > 1 {
			caption += ", classes of " + top.Name
		}
		figures = append(figures, page.Figure{Caption: caption, SVG: svg, Legend: page.LegendOf(curves)})
	}
	return figures, nil
}

func (t resultTable) reliabilityCurves(r *eval.Reliability, name string, top resultRow) (curves []page.Curve) {
	of, styles := r.Variants[top.Name][name], t.styles()
	if len(of) > 1 {
		for i, c := range of {
			curves = append(curves, page.Curve{Name: c.Label, Value: eceText(&c.ECE), Points: asPredicted(c.Bins), Style: page.LineStyle{Colour: page.Palette[i%len(page.Palette)], Dashes: page.DashPatterns[i%len(page.DashPatterns)], Width: 1.6}})
		}
		return curves
	}
	for _, c := range of {
		curves = append(curves,
			page.Curve{Name: top.Name, Value: eceText(&c.ECE), Points: asPredicted(c.Bins), Style: styles[top.Name]},
			page.Curve{Name: "calibrated on val", Value: eceText(c.CalibratedECE), Points: asCalibrated(c.Bins), Style: calibratedStyle})
	}
	for _, c := range r.Baseline[name] {
		curves = append(curves, page.Curve{Name: baselineName, Value: eceText(&c.ECE), Points: asPredicted(c.Bins), Style: styles[baselineName]})
	}
	return curves
}

func eceText(x *float64) string { return "ECE " + showAUROC(x) }

func asPredicted(bins []eval.ReliabilityBin) (points plotter.XYs) {
	for _, b := range bins {
		points = append(points, plotter.XY{X: b.MeanPredicted, Y: b.Observed})
	}
	return points
}

func asCalibrated(bins []eval.ReliabilityBin) (points plotter.XYs) {
	for _, b := range bins {
		if b.Calibrated != nil {
			points = append(points, plotter.XY{X: *b.Calibrated, Y: b.Observed})
		}
	}
	return points
}
