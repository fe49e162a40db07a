package report

import (
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/clinflow/clinflow/internal/page"
)

// besideStyles are neutral: those rows are not variants.
var besideStyles = map[string]page.LineStyle{
	baselineName: {Colour: page.Grey, Dashes: []vg.Length{2, 1.5}, Width: 2},
	bestName:     {Colour: page.Ink, Dashes: []vg.Length{4, 3}, Width: 1},
}

// styles gives each row its style. A variant of the paper has the same in every
// report.
func (t resultTable) styles() map[string]page.LineStyle {
	styles := map[string]page.LineStyle{}
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
		styles[row.Name] = page.LineStyle{Colour: page.Palette[k%len(page.Palette)], Dashes: page.DashPatterns[k%len(page.DashPatterns)], Width: 1.6}
	}
	return styles
}
