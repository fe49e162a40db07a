package report

import (
	"html/template"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/smallcell"
)

// dash stands for what is undefined.
const dash = "–"

func showAUROC(x *float64) string {
	if x == nil {
		return dash
	}
	return strconv.FormatFloat(*x, 'f', 3, 64)
}

func showPercent(x *float64) string {
	if x == nil {
		return dash
	}
	return minus(strconv.FormatFloat(100**x, 'f', 0, 64))
}

// minus gives a negative number the sign that is as wide as a digit.
func minus(number string) string { return strings.Replace(number, "-", "−", 1) }

// hiddenTexts are what is shown instead of a hidden count.
var hiddenTexts = map[smallcell.Count]string{smallcell.Below: "< 10", smallcell.Above: "≥ 10"}

// showCount groups thousands.
func showCount(n smallcell.Count) string {
	if n.Hidden() {
		return hiddenTexts[n]
	}
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// breakable lets a long name break behind its underscores.
func breakable(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr>"))
}
