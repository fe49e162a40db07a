//go:build slow

package promotion

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/page/pagetest"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// TestSlowDecisionInABrowser: a decision on several tasks.
func TestSlowDecisionInABrowser(t *testing.T) {
	out := stagetest.Run(t, "registry.gate", "{floor: 0.5, tasks: [{task: pmv, margin: 0.02}]}", inputs(t, 1, []side{of("mor", 1.5, 1), of("pmv", 1, 2)}, []side{of("mor", 1, 1), of("pmv", 1.15, 2)}, nil))
	path := filepath.Join(t.TempDir(), PageName)
	if err := os.WriteFile(path, []byte(evaltest.File(t, out, PageName)), 0o600); err != nil {
		t.Fatal(err)
	}
	pagetest.Look(t, path, "compared", "candidate")
}
