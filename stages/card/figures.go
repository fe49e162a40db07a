package card

import (
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/split"
)

const (
	figureWidth  = 4.2 * vg.Inch
	figureHeight = 2.5 * vg.Inch
	// mostRanks are the labels of a multilabel task that are drawn: behind them the
	// curves lie on the axis.
	mostRanks = 60
)

// styles are those of the splits, in their order.
var styles = []page.LineStyle{
	{Colour: page.Palette[1], Width: 1.6},
	{Colour: page.Palette[3], Dashes: page.DashPatterns[2], Width: 1.6},
	{Colour: page.Palette[4], Dashes: page.DashPatterns[3], Width: 1.6},
}

// curves are one for each split.
func (c Card) curves(points func(Split) plotter.XYs) []page.Curve {
	var list []page.Curve
	for i, s := range c.Splits {
		list = append(list, page.Curve{Name: s.Split, Points: points(s), Style: styles[i]})
	}
	return list
}

// percentPlot is a plot whose second axis begins at zero.
func percentPlot(x, y string) *plot.Plot {
	p := page.NewPlot(x, y)
	p.Y.Min, p.Y.Tick.Marker = 0, plot.TickerFunc(percentTicks)
	return p
}

// percentTicks are at most some six, at round numbers.
func percentTicks(_, high float64) (ticks []plot.Tick) {
	step := roundUp(int(high / 6))
	for at := 0; at <= int(high); at += step {
		ticks = append(ticks, plot.Tick{Value: float64(at), Label: strconv.Itoa(at)})
	}
	return ticks
}

// drawn is a figure of curves, nil where there is nothing to draw.
func drawn(p *plot.Plot, caption string, curves []page.Curve) ([]page.Figure, error) {
	legend := page.LegendOf(curves)
	if len(legend) == 0 {
		return nil, nil
	}
	if err := page.Draw(p, curves); err != nil {
		return nil, err
	}
	svg, err := page.Render(p, figureWidth, figureHeight, caption)
	return []page.Figure{{Caption: caption, SVG: svg, Legend: legend}}, err
}

// lengthFigure draws how many texts of a split are how long, in per cent of them. Bins
// that are hidden are left out.
func (c Card) lengthFigure(unit string, lengths func(Split) *Lengths) ([]page.Figure, error) {
	p := percentPlot(unit, "% of texts")
	p.X.Min = 0
	return drawn(p, "Length in "+unit, c.curves(func(s Split) (points plotter.XYs) {
		l := lengths(s)
		if l == nil || l.Texts.Hidden() {
			return nil
		}
		for i, n := range l.Bins {
			if !n.Hidden() {
				points = append(points, plotter.XY{X: (float64(i) + 0.5) * float64(l.BinWidth), Y: 100 * float64(n) / float64(l.Texts)})
			}
		}
		return points
	}))
}

// ranked are the numbers of the labels by their examples in train, most first; hidden
// ones are last, in the order of their numbers.
func (c Card) ranked() []int {
	var train []Part
	for _, s := range c.Splits {
		if s.Split == split.Train {
			train = s.Labels
		}
	}
	ranks := make([]int, len(train))
	for i := range ranks {
		ranks[i] = i
	}
	slices.SortStableFunc(ranks, func(a, b int) int { return int(train[b].N - train[a].N) })
	return ranks
}

// rankFigure draws the share of each split's examples that have a label, labels in the
// order of their examples in train.
func (c Card) rankFigure() ([]page.Figure, error) {
	ranks := c.ranked()
	p := percentPlot("rank of the label in train", "% of examples")
	p.X.Min = 1
	return drawn(p, "Labels by rank", c.curves(func(s Split) (points plotter.XYs) {
		for at, label := range ranks[:min(mostRanks, len(ranks))] {
			if share := s.Labels[label].Share; share != nil {
				points = append(points, plotter.XY{X: float64(at + 1), Y: 100 * *share})
			}
		}
		return points
	}))
}

// balanceFigure draws the share of each class in each split, bars side by side.
func (c Card) balanceFigure() ([]page.Figure, error) {
	p := percentPlot("class", "% of examples")
	width := figureWidth / vg.Length(5*c.Labels)
	var names []string
	var legend []page.LegendEntry
	for i, s := range c.Splits {
		values := make(plotter.Values, c.Labels)
		for label, part := range s.Labels {
			if part.Share != nil {
				values[label] = 100 * *part.Share
			}
			if i == 0 {
				names = append(names, strconv.Itoa(label)) // their texts would not fit
			}
		}
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return nil, fmt.Errorf("draw the classes: %w", err)
		}
		bars.Color, bars.LineStyle.Width, bars.Offset = styles[i].Colour, 0, vg.Length(i-1)*width
		p.Add(bars)
		legend = append(legend, page.LineStyle{Colour: styles[i].Colour, Width: 6}.Legend(s.Split, ""))
	}
	p.NominalX(names...)
	svg, err := page.Render(p, figureWidth, figureHeight, "Classes by split")
	return []page.Figure{{Caption: "Classes by split", SVG: svg, Legend: legend}}, err
}
