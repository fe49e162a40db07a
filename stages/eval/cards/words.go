package cards

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// words are how figures are written.
var words = template.FuncMap{
	"count": page.Count, "auroc": auroc, "figure": figure, "bounds": bounds, "cell": cell, "code": code, "title": subgroups.Title,
}

// auroc is an AUROC with its interval. One of few has two digits.
func auroc(value *float64, i *eval.Interval, small bool) string {
	if value == nil {
		return "–"
	}
	format := "%.3f"
	if small {
		format = "%.2f"
	}
	text := fmt.Sprintf(format, *value)
	if i != nil {
		text += fmt.Sprintf(" ("+format+" to "+format+")", i.Low, i.High)
	}
	if small {
		text += " *"
	}
	return text
}

func figure(value *float64) string {
	if value == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *value)
}

// bounds are those of a difference.
func bounds(i *eval.Interval) string {
	if i == nil {
		return "–"
	}
	return fmt.Sprintf("%+.3f to %+.3f", i.Low, i.High)
}

// cell is a text in a table of Markdown, in which nothing is a mark: no name makes a link
// or an image.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "<", "&lt;", "&", "&amp;", `\`, `\\`, "|", `\|`, "[", `\[`, "]", `\]`, "`", "\\`", "*", `\*`).Replace(text)
}

// code is a text between backticks in a table of Markdown, where a | is one all the same.
func code(text string) string {
	return strings.NewReplacer("\n", " ", "`", "'", "|", `\|`).Replace(text)
}
