package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/runners"
)

// apart keeps a report apart from these pages: it is of an origin of its own.
const apart = "; sandbox allow-scripts; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// maxReport bounds what is read of a report.
const maxReport = 256 << 20

// isReport says whether a published file is a page. Other files are not served.
func isReport(name string) bool { return path.Ext(name) == ".html" && filepath.IsLocal(name) }

// report serves a page that a run published, as long as it is the one that it published.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	f, run, _, err := s.runOf(r)
	if err != nil {
		s.fail(w, err)
		return
	}
	text, err := f.published(r.Context(), run, r.PathValue("name"))
	policy, errPolicy := page.Policy()
	if err = errors.Join(err, errPolicy); err != nil {
		s.fail(w, err)
		return
	}
	w.Header().Set("Content-Security-Policy", policy+apart)
	answer(w, r, html, text)
}

// published reads a page of a run. A name is only looked up among those in the journal.
func (f *folder) published(ctx context.Context, run runners.RunRecord, name string) ([]byte, error) {
	for _, p := range run.Published {
		if p.File != name || !isReport(name) {
			continue
		}
		file, err := store.Confined(f.Dir()).Open(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s is not in the folder any more", errNone, name)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		defer file.Close()
		text, err := io.ReadAll(io.LimitReader(file, maxReport))
		if err == nil && fmt.Sprintf("%x", sha256.Sum256(text)) != p.SHA256 {
			err = fmt.Errorf("%w: another run published %s since, or it was changed by hand", errNone, name)
		}
		return text, err
	}
	return nil, errNone
}
