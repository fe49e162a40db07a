package ui

import (
	"context"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/eval"
)

// figures are what a step measured in run after run: a figure a task.
type figures struct {
	Step, Split string
	Level       string // of the intervals; "" where there are none
	Figures     []page.Figure
	Last        []score // of the last run
}

// score is a row of the table beside the figures.
type score struct{ Variant, Task, AUROC, Interval string }

// macro is the name of the mean over tasks.
const macro = "mean over tasks"

// series are the scores of a variant on a task, run by run.
type series struct {
	points plotter.XYs
	errors plotter.YErrors
}

// measures draws what runs measured.
func (f *folder) measures(ctx context.Context, runs []told) ([]figures, error) {
	all, err := f.allMeasured(ctx, runs)
	if err != nil {
		return nil, err
	}
	by := map[string][]measurement{}
	for _, m := range all {
		by[m.step] = append(by[m.step], m)
	}
	var drawn []figures
	for _, step := range slices.Sorted(maps.Keys(by)) {
		one, err := drawMeasured(step, by[step])
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, one)
	}
	return drawn, nil
}

func drawMeasured(step string, all []measurement) (figures, error) {
	last := all[len(all)-1]
	f := figures{Step: step, Split: last.Split, Last: scores(last)}
	if last.Interval != nil {
		f.Level = fmt.Sprintf("%.0f %%", 100*last.Interval.Level)
	}
	names := map[string]bool{}
	tasks := map[string]map[string]*series{} // by task, by variant
	for i, m := range all {
		for name, scores := range m.scored() {
			names[name] = true
			for task, score := range scores.Tasks {
				put(tasks, task, name, i, score.AUROC, score.Interval)
			}
			if len(scores.Tasks) > 1 {
				put(tasks, macro, name, i, scores.MacroAUROC, scores.MacroInterval)
			}
		}
	}
	order := slices.Sorted(maps.Keys(names))
	for _, task := range inOrder(tasks) {
		svg, legend, err := drawTask(task, tasks[task], order, all)
		if err != nil {
			return f, err
		}
		f.Figures = append(f.Figures, page.Figure{Caption: task, SVG: svg, Legend: legend})
	}
	return f, nil
}

// inOrder are the tasks by name, the mean over them first.
func inOrder(tasks map[string]map[string]*series) []string {
	names := slices.Sorted(maps.Keys(tasks))
	if i := slices.Index(names, macro); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, macro)
	}
	return names
}

// put adds a point: what is not known is none.
func put(tasks map[string]map[string]*series, task, variant string, at int, value *float64, interval *eval.Interval) {
	if value == nil {
		return
	}
	if tasks[task] == nil {
		tasks[task] = map[string]*series{}
	}
	s := tasks[task][variant]
	if s == nil {
		s = &series{}
		tasks[task][variant] = s
	}
	bounds := struct{ Low, High float64 }{}
	if interval != nil {
		bounds.Low, bounds.High = *value-interval.Low, interval.High-*value
	}
	s.points = append(s.points, plotter.XY{X: float64(at), Y: *value})
	s.errors = append(s.errors, bounds)
}

// aside is how far two variants stand apart in a figure, so that their intervals do too.
const aside = 0.07

func drawTask(task string, by map[string]*series, order []string, all []measurement) (template.HTML, []page.LegendEntry, error) {
	p := page.NewPlot("run", "AUROC")
	var curves []page.Curve
	for i, name := range order {
		s := by[name]
		if s == nil {
			continue
		}
		style := page.LineStyle{Colour: page.Palette[i%len(page.Palette)], Dashes: page.DashPatterns[(i+1)%len(page.DashPatterns)], Width: 1.4}
		if name == baseline {
			style = page.LineStyle{Colour: page.Grey, Dashes: []vg.Length{2, 1.5}, Width: 1.4}
		}
		for k := range s.points {
			s.points[k].X += aside * (float64(i) - float64(len(order)-1)/2)
		}
		bounds, err := plotter.NewYErrorBars(struct {
			plotter.XYs
			plotter.YErrors
		}{s.points, s.errors})
		if err != nil {
			return "", nil, fmt.Errorf("draw what runs measured: %w", err)
		}
		bounds.Color, bounds.CapWidth = style.Colour, vg.Points(3)
		p.Add(bounds)
		curves = append(curves, page.Curve{Name: name, Value: fmt.Sprintf("%.3g", s.points[len(s.points)-1].Y), Points: s.points, Style: style})
	}
	if err := page.Draw(p, curves); err != nil {
		return "", nil, err
	}
	p.X.Tick.Marker = dates(all)
	p.X.Min, p.X.Max = -0.5, float64(len(all))-0.5
	svg, err := page.Render(p, vg.Points(330), vg.Points(230), "AUROC of "+task+" by run")
	return svg, page.LegendOf(curves), err
}

// mostDates is how many dates fit below a figure.
const mostDates = 5

// dates name runs by their days, or by their times where all are of one day.
func dates(all []measurement) plot.ConstantTicks {
	format := "2 Jan"
	if first, last := all[0].run.Started, all[len(all)-1].run.Started; last.Sub(first) < 24*time.Hour {
		format = "15:04"
	}
	step := (len(all) + mostDates - 1) / mostDates
	var ticks plot.ConstantTicks
	for i := 0; i < len(all); i += step {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: all[i].run.Started.Format(format)})
	}
	return ticks
}

// scores are those of a run, for a table.
func scores(m measurement) []score {
	var rows []score
	by := m.scored()
	for _, name := range slices.Sorted(maps.Keys(by)) {
		for _, task := range slices.Sorted(maps.Keys(by[name].Tasks)) {
			s := by[name].Tasks[task]
			row := score{Variant: name, Task: task, AUROC: "–", Interval: "–"}
			digits := 3
			if s.SmallCells {
				digits = 2
			}
			if s.AUROC != nil {
				row.AUROC = fmt.Sprintf("%.*f", digits, *s.AUROC)
			}
			if s.Interval != nil {
				row.Interval = fmt.Sprintf("%.*f to %.*f", digits, s.Interval.Low, digits, s.Interval.High)
			}
			rows = append(rows, row)
		}
	}
	return rows
}
