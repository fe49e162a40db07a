package ui

import (
	"html/template"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/runners"
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
	functions := template.FuncMap{"when": when, "ago": ago, "took": page.Took, "memory": page.Memory, "line": runners.OneLine}
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
