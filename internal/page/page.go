// Package page is what clinflow's HTML pages look alike by: one style sheet, figures drawn
// from numbers, and counts as readers know them. A page is one file that loads nothing, and
// runs nothing but a script in it that sorts tables.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/clinflow/clinflow/internal/smallcell"
)

//go:embed page.html page.css sort.js
var files embed.FS

// RunMark stands in a page where the run that publishes it is told. What a stage leaves
// cannot say: it is the same whatever run makes it.
const RunMark = "<!-- run -->"

// Template reads a page's template from a file. It has the functions count, breakable,
// style, sorting, policy and run, which is RunMark, beside those given, and the templates "figure" and "legend".
func Template(from fs.FS, name string, functions template.FuncMap) *template.Template {
	own := template.FuncMap{"count": Count, "breakable": breakable, "style": Style, "sorting": sorting, "policy": Policy, "run": func() template.HTML { return RunMark }}
	t := template.New(name).Funcs(own).Funcs(functions)
	return template.Must(template.Must(t.ParseFS(files, "page.html")).ParseFS(from, name))
}

// Style is the style sheet that a page holds.
func Style() (template.CSS, error) {
	text, err := files.ReadFile("page.css")
	return template.CSS(text), err
}

// sorting is the script that sorts the tables of the class sortable by a click on a button
// in a column's head.
func sorting() (template.HTML, error) {
	text, err := files.ReadFile("sort.js")
	return template.HTML("<script>" + string(text) + "</script>"), err
}

// Policy is what a browser lets a page do (W3C, Content Security Policy Level 3): show its
// own styles, run the one script, and reach nothing.
func Policy() (string, error) {
	text, err := files.ReadFile("sort.js")
	sum := sha256.Sum256(text)
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", err
}

// hiddenTexts are what is shown instead of a hidden count.
var hiddenTexts = map[smallcell.Count]string{smallcell.Below: "< 10", smallcell.Above: "≥ 10", smallcell.Untold: "hidden"}

// Count groups thousands, or says that a count is hidden.
func Count(n smallcell.Count) string {
	if n.Hidden() {
		return hiddenTexts[n]
	}
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Memory is a number of bytes as people say it, – for none.
func Memory(bytes int64) string {
	if bytes == 0 {
		return "–"
	}
	return humanize.IBytes(uint64(bytes))
}

// Took is a time with as many digits as a reader needs, – for none.
func Took(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}

// breakable lets a long name break behind its underscores.
func breakable(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr>"))
}
