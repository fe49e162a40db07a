package report

import (
	"html/template"
	"strconv"
	"strings"
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

// smallCell is the count below which a number could point at a person.
const smallCell = 10

// showCount groups thousands and hides small counts.
func showCount[N int | int64](n N) string {
	if n > 0 && n < smallCell {
		return "< 10"
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
