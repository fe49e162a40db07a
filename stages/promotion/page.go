package promotion

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/page"
)

//go:embed decision.html
var pageFile embed.FS

var pageTemplate = page.Template(pageFile, "decision.html", template.FuncMap{"auroc": aurocOf, "signed": signed, "interval": intervalOf, "mark": mark, "per": func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }})

// shown is what decision.html shows.
type shown struct{ Decision }

// row is a task with what was compared of it.
type row struct {
	Name string
	Compared
	Margin *float64 // that it is held against
}

// Rows are the mean over tasks, where there are several, and then the tasks.
func (s shown) Rows() (rows []row) {
	margin := &s.Rule.Margin
	if s.Rule.Require == requireBetter {
		margin = new(float64)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Tasks)) {
		rows = append(rows, row{name, s.Tasks[name], s.Tasks[name].Margin})
	}
	if len(rows) == 1 {
		if rows[0].Margin == nil || *margin < *rows[0].Margin {
			rows[0].Margin = margin
		}
		return rows
	}
	return append([]row{{"mean over tasks", s.Macro, margin}}, rows...)
}

// Title is the page's in a sentence.
func (s shown) Title() string {
	return map[string]string{
		OutcomeFirst: "Promoted as the first adapter", OutcomeBetter: "Promoted: better than the current adapter", OutcomeNotWorse: "Promoted: not worse than the current adapter",
		OutcomeRefused: "Refused", OutcomeCurrent: "Nothing to decide",
	}[s.Outcome]
}

// Sentences are the reasons.
func (s shown) Sentences() (all []string) {
	for _, reason := range s.Reasons {
		all = append(all, strings.ToUpper(reason[:1])+reason[1:]+".")
	}
	return all
}

// Small says that a row's figures have two digits.
func (s shown) Small() bool {
	return slices.ContainsFunc(s.Rows(), func(r row) bool { return r.SmallCells })
}

func (c Compared) digits() int {
	if c.SmallCells {
		return 2
	}
	return 3
}

func aurocOf(c Compared, value *float64) string {
	if value == nil {
		return "–"
	}
	return fmt.Sprintf("%.*f", c.digits(), *value)
}

func signed(c Compared) string {
	if c.Difference == nil {
		return "–"
	}
	return fmt.Sprintf("%+.*f", c.digits(), *c.Difference)
}

func intervalOf(c Compared) string {
	if c.Interval == nil {
		return "–"
	}
	return fmt.Sprintf("%+.*f to %+.*f", c.digits(), c.Interval.Low, c.digits(), c.Interval.High)
}

// mark is a margin as the bound that it is.
func mark(margin *float64) string {
	if margin == nil {
		return "–"
	}
	return fmt.Sprintf("%+.3f", 0-*margin)
}
