package peft

import (
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
)

// oldWeightsName is how PEFT before 0.7 named an adapter's weights.
const oldWeightsName = "adapter_model.bin"

// openWeights opens an adapter's safetensors file. The pickle of old adapters may
// run any code when it is read, so it is not.
func openWeights(path string) (*checkpoint.Weights, error) {
	old := filepath.Join(filepath.Dir(path), oldWeightsName)
	if !exists(path) && exists(old) {
		return nil, exit.Errorf(exit.Usage, `%s: .bin files are not read, as they may hold code; convert it in its folder: python -c "import torch; from safetensors.torch import save_file; save_file({k: v.contiguous() for k, v in torch.load('%s', map_location='cpu', weights_only=True).items()}, '%s')"`, old, oldWeightsName, WeightsName)
	}
	if !exists(path) {
		return nil, checkpoint.Absent(filepath.Dir(path), WeightsName)
	}
	return checkpoint.OpenFile(path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
