package report

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// lineStyle tells a curve from the others by its colour, and to who sees none by
// its dashes.
type lineStyle struct {
	colour color.RGBA
	dashes []vg.Length
	width  vg.Length
}

// palette is Okabe and Ito's: its colours stay apart for colour-blind readers.
var palette = []color.RGBA{
	{86, 180, 233, 255}, {0, 114, 178, 255}, {230, 159, 0, 255}, {213, 94, 0, 255},
	{0, 158, 115, 255}, {204, 121, 167, 255}, {128, 100, 40, 255},
}

// dashPatterns are as many as there are variants; with the palette's seven colours
// they make 42 styles.
var dashPatterns = [][]vg.Length{
	{2, 2}, nil, {5, 2.5}, {7, 2, 1.5, 2}, {10, 3}, {7, 2, 1.5, 2, 1.5, 2},
}

var (
	ink  = color.RGBA{60, 66, 74, 255}
	grey = color.RGBA{130, 138, 148, 255}
	pale = color.RGBA{225, 229, 234, 255}
)

// besideStyles are neutral: those rows are not variants.
var besideStyles = map[string]lineStyle{
	baselineName: {grey, []vg.Length{1, 2}, 1.4},
	bestName:     {ink, []vg.Length{4, 3}, 1},
}

// styles gives each row its style. A variant of the paper has the same in every
// report.
func (t resultTable) styles() map[string]lineStyle {
	styles := map[string]lineStyle{}
	next := len(paperVariants)
	for _, row := range t.Rows {
		if row.Beside {
			styles[row.Name] = besideStyles[row.Name]
			continue
		}
		k := slices.Index(paperVariants, row.Name)
		if k < 0 {
			k, next = next, next+1
		}
		styles[row.Name] = lineStyle{palette[k%len(palette)], dashPatterns[k%len(dashPatterns)], 1.6}
	}
	return styles
}

// legendEntry names a curve; the legend is HTML, where text has its own room.
type legendEntry struct{ Name, Value, Colour, Dashes, Width string }

func (s lineStyle) legend(name, value string) legendEntry {
	var dashes []string
	for _, length := range s.dashes {
		dashes = append(dashes, fmt.Sprintf("%g", length.Points()))
	}
	return legendEntry{
		Name: name, Value: value, Dashes: strings.Join(dashes, " "), Width: fmt.Sprintf("%g", s.width.Points()),
		Colour: fmt.Sprintf("#%02x%02x%02x", s.colour.R, s.colour.G, s.colour.B),
	}
}
