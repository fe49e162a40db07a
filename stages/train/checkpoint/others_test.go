package checkpoint

import (
	"io"
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
		"Meta's":        {map[string]string{"consolidated.00.pth": "x", "params.json": "{}"}, []string{"consolidated.00.pth, which is there", "save_pretrained"}},
		"a pickle less": {map[string]string{PickleName + indexEnding: `{"weight_map":{"a":"pytorch_model-2.bin"}}`}, []string{"names pytorch_model-2.bin", "copy the model again"}},
		"a shard less":  {map[string]string{SafetensorsName + indexEnding: `{"weight_map":{"a":"model-00002-of-00002.safetensors"}}`}, []string{SafetensorsName + indexEnding, "names model-00002-of-00002.safetensors", "copy the model again"}},
		"llama.cpp's":   {map[string]string{"llama.Q4_K_M.gguf": "x"}, []string{"has neither", "llama.Q4_K_M.gguf, which is there, is not read"}},
		"another name":  {map[string]string{"model.fp16.safetensors": "x"}, []string{"model.fp16.safetensors, which is there"}},
		"no index":      {map[string]string{"model-00001-of-00002.safetensors": "x"}, []string{"model-00001-of-00002.safetensors, which is there"}},
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

func TestALinkToNothingIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("../../blobs/0", filepath.Join(dir, SafetensorsName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), filepath.Join(dir, SafetensorsName)+" is a link to a file that is not there") {
		t.Error(err)
	}
}

// Names that other classes and programs give to the same tensors are told.
func TestTensorsOfOtherNamesAreTold(t *testing.T) {
	for wanted, other := range map[string]string{
		"model.embed_tokens.weight": "embed_tokens.weight", "model.norm.weight": "language_model.model.norm.weight",
		"base_model.model.q.lora_A.weight": "base_model.model.q.lora_A.default.weight", "base_model.model.v.lora_B.weight": "v.lora_B.weight",
	} {
		path := filepath.Join(t.TempDir(), SafetensorsName)
		if err := SaveDir(filepath.Dir(path), []File{{SafetensorsName, func(w io.Writer) error {
			return Write(w, map[string]Tensor{other: {Shape: []int{1}, Values: []float32{1}}, "z": {Shape: []int{1}, Values: []float32{1}}})
		}}}); err != nil {
			t.Fatal(err)
		}
		w, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		_, err = Read[float32](w, wanted, 1)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), `has no tensor "`+wanted+`", but "`+other+`"`) {
			t.Error(err)
		}
		if _, err = Read[float32](w, "absent.weight", 1); err == nil || strings.Contains(err.Error(), "but") {
			t.Error(err)
		}
	}
}
