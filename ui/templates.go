package ui

import (
	"fmt"
	"html/template"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/clinflow/clinflow/internal/page"
)

// The pages, each a template in a file.
const (
	homePage  = "home.html"
	runPage   = "run.html"
	dagPage   = "dag.html"
	loginPage = "login.html"
	failPage  = "fail.html"
)

var templates = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	functions := template.FuncMap{"when": when, "ago": ago, "took": took, "memory": page.Memory, "line": oneLine}
	for _, name := range []string{homePage, runPage, dagPage, loginPage, failPage} {
		all[name] = template.Must(page.Template(files, name, functions).ParseFS(files, "parts.html"))
	}
	return all
}()

// when is a moment, to the second.
func when(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Format("2 Jan 2006, 15:04:05 MST")
}

// ago is how far a moment is away, as people say it.
func ago(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return humanize.Time(t)
}

// took is a time with as many digits as a reader needs.
func took(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
