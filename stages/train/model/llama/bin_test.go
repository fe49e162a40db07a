package llama

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// A pytorch_model.bin of the old format (oracle/bin_golden.py) is the same model as the
// safetensors that it was made from.
func TestWeightsOfTorchAreTheSameModel(t *testing.T) {
	var files [2]bytes.Buffer
	for i, folder := range []string{"bin", "sharded"} {
		m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), filepath.Join(goldenDir, folder), graph.Frozen))(t)
		defer m.Close()
		for _, file := range m.Files() {
			if file.Name == checkpoint.SafetensorsName {
				must(0, file.Write(&files[i]))(t)
			}
		}
	}
	if files[0].Len() == 0 || !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Errorf("%d and %d bytes differ", files[0].Len(), files[1].Len())
	}
}

// Versions of PEFT before 0.7 wrote adapter_model.bin.
func TestAdaptersOfOldPEFTAreRead(t *testing.T) {
	m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), filepath.Join(goldenDir, "hf"), graph.Frozen))(t)
	defer m.Close()
	a := must(m.LoadAdapter(t.Context(), "old", filepath.Join(goldenDir, "lora_bin"), graph.Frozen))(t)
	dir := t.TempDir()
	must(0, checkpoint.SaveDir(dir, a.Files()))(t)
	got := must(os.ReadFile(filepath.Join(dir, adapter.WeightsName)))(t)
	if want := must(os.ReadFile(filepath.Join(goldenDir, "lora_lm", adapter.WeightsName)))(t); !bytes.Equal(got, want) {
		t.Error("the weights differ from those in adapter_model.safetensors")
	}
}
