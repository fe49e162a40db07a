//go:build slow

package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/page/pagetest"
)

// TestSlowReportInABrowser: every part of a report that has all of them.
func TestSlowReportInABrowser(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, []byte(reportOf(t, whole(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	pagetest.Look(t, path, "results", "compared", "paper", "measured", "measures", "classes", "subgroups", "roc", "training", "patients", "data", "settings", "cards", "made")
}
