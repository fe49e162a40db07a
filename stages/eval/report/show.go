package report

import (
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
