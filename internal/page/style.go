package page

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
)

// LineStyle tells a curve from the others by its colour, and to who sees none by its
// dashes.
type LineStyle struct {
	Colour color.RGBA
	Dashes []vg.Length
	Width  vg.Length
}

// Palette is Okabe and Ito's: its colours stay apart for colour-blind readers.
var Palette = []color.RGBA{
	{86, 180, 233, 255}, {0, 114, 178, 255}, {230, 159, 0, 255}, {213, 94, 0, 255},
	{0, 158, 115, 255}, {204, 121, 167, 255}, {128, 100, 40, 255},
}

// DashPatterns make, with the palette's seven colours, 42 styles.
var DashPatterns = [][]vg.Length{
	{2, 2}, nil, {5, 2.5}, {7, 2, 1.5, 2}, {10, 3}, {7, 2, 1.5, 2, 1.5, 2},
}

// The colours of what is no curve of its own.
var (
	Ink  = color.RGBA{60, 66, 74, 255}
	Grey = color.RGBA{130, 138, 148, 255}
	Pale = color.RGBA{225, 229, 234, 255}
)

// variables are the style sheet's names of the colours that figures are drawn in: a dark
// page has lighter ones.
var variables = func() map[string]string {
	names := map[string]string{hexOf(Ink): "--plot-ink", hexOf(Grey): "--plot-grey", hexOf(Pale): "--plot-pale"}
	for i, colour := range Palette {
		names[hexOf(colour)] = fmt.Sprintf("--c%d", i)
	}
	return names
}()

func hexOf(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// themed is a colour as the style sheet has it.
func themed(hex string) string {
	if name, known := variables[strings.ToLower(hex)]; known {
		return "var(" + name + ")"
	}
	return hex
}

// LegendEntry names a curve; the legend is HTML, where text has its own room.
type LegendEntry struct {
	Name, Value   string
	Colour        template.CSS
	Dashes, Width string
}

// Legend names a curve of this style.
func (s LineStyle) Legend(name, value string) LegendEntry {
	var dashes []string
	for _, length := range s.Dashes {
		dashes = append(dashes, fmt.Sprintf("%g", length.Points()))
	}
	return LegendEntry{
		Name: name, Value: value, Dashes: strings.Join(dashes, " "), Width: fmt.Sprintf("%g", s.Width.Points()),
		Colour: template.CSS(themed(hexOf(s.Colour))),
	}
}
