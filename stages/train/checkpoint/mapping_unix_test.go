//go:build unix

package checkpoint

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// A mapping whose file is cut short faults when it is read.
func TestFileThatShrinks(t *testing.T) {
	dir := t.TempDir()
	values := make([]float32, 1<<16)
	err := SaveDir(dir, []File{{SafetensorsName, func(w io.Writer) error {
		return Write(w, map[string]Tensor{"a": {[]int{len(values)}, values}})
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, filepath.Join(dir, SafetensorsName))
	if err := os.Truncate(filepath.Join(dir, SafetensorsName), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Read[float32](w, "a", len(values)); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "shrank") {
		t.Errorf("got %v", err)
	}
}
