//go:build slow

package cli

import (
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/page/pagetest"
)

// TestSlowPublishedPagesInABrowser: what a run publishes, with the run in it, and a card.
func TestSlowPublishedPagesInABrowser(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "demo", "--scale", "tiny")
	out := filepath.Join(dir, "clinflow-demo")
	t.Run("report", func(t *testing.T) {
		pagetest.Look(t, filepath.Join(out, "report.html"), "results", "measured", "training", "data", "run", "settings", "made")
	})
	t.Run("card", func(t *testing.T) { pagetest.Look(t, filepath.Join(out, "card-mor.html")) })
}
