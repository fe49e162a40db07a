package page

import (
	"bytes"
	"embed"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"github.com/clinflow/clinflow/internal/smallcell"
)

func TestCountIsReadable(t *testing.T) {
	for n, want := range map[smallcell.Count]string{0: "0", 12: "12", 1234: "1,234", 1234567: "1,234,567", smallcell.Below: "< 10", smallcell.Above: "≥ 10"} {
		if got := Count(n); got != want {
			t.Errorf("%d is shown as %s, want %s", int64(n), got, want)
		}
	}
}

//go:embed testdata/figure.html
var figurePage embed.FS

// TestFigureStandsInAPage: what is drawn is escaped where it is text, and the page loads
// nothing.
func TestFigureStandsInAPage(t *testing.T) {
	p := NewPlot("x", "y")
	curves := []Curve{{Name: "a<b_c", Points: plotter.XYs{{X: 1, Y: 2}, {X: 2, Y: 1}}, Style: LineStyle{Colour: Palette[0], Width: 1}}, {Name: "nothing"}}
	if err := Draw(p, curves); err != nil {
		t.Fatal(err)
	}
	svg, err := Render(p, 100, 100, "x < y")
	if err != nil {
		t.Fatal(err)
	}
	var html bytes.Buffer
	if err := Template(figurePage, "testdata/figure.html", nil).ExecuteTemplate(&html, "figure.html", Figure{Caption: "x < y", SVG: svg, Legend: LegendOf(curves)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`aria-label="x &lt; y"`, "<figcaption>x &lt; y</figcaption>", "a&lt;b_<wbr>c", ":root {"} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, other := range []string{"<script", " src=", " href=", "nothing"} {
		if strings.Contains(html.String(), other) {
			t.Errorf("the page has %q", other)
		}
	}
}
