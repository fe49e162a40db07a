package pipelines

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines/engine"
)

// A job that fails without a word of its workers has lost one, or never had any.
func TestWhyAJobFailedWithoutAWord(t *testing.T) {
	task := Task{Step: "texts", Stage: "nobody.knows", Out: filepath.Join(t.TempDir(), "out"), Run: "run", Parts: 2}
	err := task.explain(t.Context(), engine.ErrUnexplained)
	if exit.Of(err) != exit.Failed || !strings.Contains(err.Error(), "no worker is known to have begun") {
		t.Errorf("without a worker: %v", err)
	}
	if err := task.begins(t.Context(), "part-00001"); err != nil {
		t.Fatal(err)
	}
	err = task.explain(t.Context(), engine.ErrUnexplained)
	if exit.Of(err) != exit.Retry || !strings.Contains(err.Error(), "a worker was lost") {
		t.Errorf("with a worker that had begun: %v", err)
	}
}
