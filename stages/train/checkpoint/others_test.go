package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// Weights that are there in another format, or in part, are named with what to do.
func TestFoldersWithoutReadableWeights(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"one pickle":    {map[string]string{"pytorch_model.bin": "x"}, []string{"pytorch_model.bin", "save_pretrained"}},
		"many pickles":  {map[string]string{"pytorch_model-00001-of-00002.bin": "x", "pytorch_model.bin.index.json": "{}"}, []string{"00001-of-00002.bin", "save_pretrained"}},
		"Meta's":        {map[string]string{"consolidated.00.pth": "x", "params.json": "{}"}, []string{"consolidated.00.pth", "convert"}},
		"a shard less":  {map[string]string{indexName: `{"weight_map":{"a":"model-00002-of-00002.safetensors"}}`}, []string{indexName, "names model-00002-of-00002.safetensors", "copy the model again"}},
		"none whatever": {nil, []string{SafetensorsName}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(dir)
			if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v", err)
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
}
