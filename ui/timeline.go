package ui

import (
	"html/template"
	"image/color"
	"math"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/runners"
)

// The measures of a timeline, in points.
const (
	timelineWidth vg.Length = 800 // on a desk it need not be scrolled
	rowHeight     vg.Length = 16
	timelineFoot  vg.Length = 44
	barHalf       vg.Length = 5
	nameGap       vg.Length = 14 // a browser's font may be wider than the one that names are measured in
)

// bar is a step at work: from and to are seconds since the run began.
type bar struct {
	name, took string
	from, to   float64
	colour     color.Color
}

// bars are drawn a row each, the first at the top (a Gantt chart).
type bars []bar

var colours = map[string]color.Color{"done": page.Palette[4], "running": page.Palette[1], "failed": page.Palette[3]}

// timeline draws when the steps of a run were at work; nothing where none was.
func timeline(t told) (template.HTML, error) {
	var rows bars
	end := t.Started.Add(t.Took)
	for _, s := range t.Steps {
		if s.State == "skipped" || s.State == "accepted" {
			continue
		}
		to := s.Ended
		if to.IsZero() {
			to = end
		}
		b := bar{name: s.Step, from: s.Began.Sub(t.Started).Seconds(), to: to.Sub(t.Started).Seconds(), colour: page.Grey}
		if c := colours[s.State]; c != nil {
			b.colour = c
		}
		if b.took = page.Took(to.Sub(s.Began)); s.State == runners.Running {
			b.took = "at work"
		}
		rows = append(rows, b)
	}
	if len(rows) == 0 {
		return "", nil
	}
	p := page.NewPlot("since the run began", "")
	p.Add(rows)
	var names plot.ConstantTicks
	for i, b := range rows {
		names = append(names, plot.Tick{Value: rows.height(i), Label: b.name})
	}
	p.Y.Tick.Marker, p.X.Tick.Marker = names, plot.TickerFunc(timeTicks)
	p.Y.Tick.Length, p.Y.Tick.LineStyle.Color = nameGap, color.Transparent
	p.Y.Min, p.Y.Max = 0.5, float64(len(rows))+0.5
	p.X.Min, p.X.Max = 0, max(p.X.Max, 1e-3)
	return page.Render(p, timelineWidth, rowHeight*vg.Length(len(rows))+timelineFoot, "the timeline of the run")
}

// height is the place of a row.
func (b bars) height(i int) float64 { return float64(len(b) - i) }

// room is the share of the width that is left for the time beside the last bar.
const room = 0.09

// DataRange is what the axes show at least.
func (b bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, each := range b {
		xmax = max(xmax, each.to*(1+room))
	}
	return 0, xmax, 0.5, float64(len(b)) + 0.5
}

// Plot draws the bars, each with its time at its end.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := p.X.Tick.Label
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	for i, each := range b {
		middle := y(b.height(i))
		left, right := x(each.from), max(x(each.to), x(each.from)+vg.Points(1.5))
		c.FillPolygon(each.colour, []vg.Point{{X: left, Y: middle - barHalf}, {X: right, Y: middle - barHalf}, {X: right, Y: middle + barHalf}, {X: left, Y: middle + barHalf}})
		c.FillText(style, vg.Point{X: right + vg.Points(4), Y: middle}, each.took)
	}
}

// steps of time that people count in, in seconds.
var timeSteps = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400}

// timeTicks are at most eight round times.
func timeTicks(low, high float64) []plot.Tick {
	step := timeSteps[0]
	for _, step = range timeSteps {
		if (high-low)/step <= 8 {
			break
		}
	}
	step *= math.Max(1, math.Ceil((high-low)/step/8)) // of runs of weeks
	var ticks []plot.Tick
	for n := 0; float64(n)*step <= high; n++ {
		ticks = append(ticks, plot.Tick{Value: float64(n) * step, Label: roundTime(float64(n) * step)})
	}
	return ticks
}

// roundTime is a time without what is nought of it: 1m, 1h30m.
func roundTime(seconds float64) string {
	d := time.Duration(math.Round(seconds*1000)) * time.Millisecond
	if d == 0 {
		return "0"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
