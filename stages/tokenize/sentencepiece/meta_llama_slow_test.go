//go:build slow

package sentencepiece

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// LLaMA's own model is not shipped: CLINFLOW_LLAMA_TOKENIZER names it. Its ids
// for the oracle's texts are sentencepiece's.
func TestSlowMetaLlama(t *testing.T) {
	path := os.Getenv("CLINFLOW_LLAMA_TOKENIZER")
	if path == "" {
		t.Skip("CLINFLOW_LLAMA_TOKENIZER is not set to LLaMA's tokenizer.model")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]int32
	if err := json.Unmarshal(unzip(t, "meta_llama_ids.json.gz"), &want); err != nil {
		t.Fatal(err)
	}
	e := m.NewEncoder()
	for i, text := range goldenTexts(t) {
		if got := e.Encode([]int32{}, text); !cmp.Equal(got, want[i]) {
			t.Errorf("text %d: %s", i, cmp.Diff(want[i], got))
		}
	}
}
