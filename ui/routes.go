package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/runners"
)

//go:embed *.html ui.css live.js icon.svg
var files embed.FS

// errNone is of a page that is not there.
var errNone = errors.New("there is no such page")

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(homePage, s.home))
	mux.HandleFunc("GET /runs/{folder}/{run}", s.page(runPage, s.run))
	mux.HandleFunc("GET /runs/{folder}/{run}/reports/{name...}", s.report)
	mux.HandleFunc("GET /dags/{folder}/{dag}", s.page(dagPage, s.dag))
	if s.o.Metrics {
		mux.Handle("GET /metrics", s.prometheus())
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { s.fail(w, errNone) })
	open := http.NewServeMux() // what is seen without a token
	open.HandleFunc("GET /style.css", still("text/css; charset=utf-8", styleSheet))
	open.HandleFunc("GET /live.js", still("text/javascript; charset=utf-8", file("live.js")))
	open.HandleFunc("GET /icon.svg", still("image/svg+xml", file("icon.svg")))
	open.HandleFunc("POST /login", s.access.login)
	open.Handle("/", s.access.known(mux))
	return s.access.sane(open)
}

func file(name string) func() ([]byte, error) {
	return func() ([]byte, error) { return files.ReadFile(name) }
}

func styleSheet() ([]byte, error) {
	common, err := page.Style()
	own, errOwn := files.ReadFile("ui.css")
	return append([]byte(common), own...), errors.Join(err, errOwn)
}

// still answers with what is the same as long as the server runs.
func still(kind string, content func() ([]byte, error)) http.HandlerFunc {
	text, err := content()
	return func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, r, kind, text)
	}
}

// answer sends a text, or that the client has it already.
func answer(w http.ResponseWriter, r *http.Request, kind string, text []byte) {
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(text) // who went away misses it
}

const html = "text/html; charset=utf-8"

// page answers with a page that a function has the content of.
func (s *Server) page(name string, of func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var text bytes.Buffer
		err := guard.Do("page "+name, func() error {
			content, err := of(r)
			if err != nil {
				return err
			}
			return templates[name].ExecuteTemplate(&text, name, content)
		})
		if err != nil {
			s.fail(w, err)
			return
		}
		answer(w, r, html, text.Bytes())
	}
}

// fail tells why there is no answer. Errors hold no text of notes.
func (s *Server) fail(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	if errors.Is(err, errNone) {
		code = http.StatusNotFound
	}
	var text bytes.Buffer
	_ = templates[failPage].ExecuteTemplate(&text, failPage, struct{ Title, What string }{http.StatusText(code), err.Error()})
	w.Header().Set("Content-Type", html)
	w.WriteHeader(code)
	_, _ = w.Write(text.Bytes())
}

// folderOf is the folder that a request's address names.
func (s *Server) folderOf(r *http.Request) (*folder, error) {
	n, err := strconv.Atoi(r.PathValue("folder"))
	if err != nil || n < 1 || n > len(s.folders) {
		return nil, errNone
	}
	return s.folders[n-1], nil
}

// runOf is the run that a request's address names, with all runs of its folder.
func (s *Server) runOf(r *http.Request) (f *folder, run runners.RunRecord, all []runners.RunRecord, err error) {
	f, err = s.folderOf(r)
	if err != nil {
		return f, run, nil, err
	}
	all, err = f.Runs(r.Context())
	if err != nil {
		return f, run, nil, fmt.Errorf("read the runs of %s: %w", f.Name(), err)
	}
	for _, run := range all {
		if run.ID == r.PathValue("run") {
			return f, run, all, nil
		}
	}
	return f, run, nil, errNone
}
