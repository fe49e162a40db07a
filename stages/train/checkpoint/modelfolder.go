package checkpoint

import (
	"os"
	"path/filepath"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
)

// SafetensorsName is the file name of unsharded weights in a model folder.
const SafetensorsName = "model.safetensors"

// Open opens the weights of a Hugging Face model folder: model.safetensors, or
// the shards that model.safetensors.index.json lists. Damaged files are
// exit.BadData, a missing one is exit.Usage.
func Open(dir string) (*Weights, error) {
	names, err := FileNames(dir)
	if err != nil {
		return nil, err
	}
	if names[0] == indexName {
		return openIndex(filepath.Join(dir, indexName))
	}
	if exists(dir, indexName) {
		log.Warn().Msgf("%s: %s and %s are both there and may differ; the former is read, as transformers does", dir, SafetensorsName, indexName)
	}
	return OpenFile(filepath.Join(dir, SafetensorsName))
}

// FileNames are the files that Open reads of a folder.
func FileNames(dir string) ([]string, error) {
	if exists(dir, SafetensorsName) {
		return []string{SafetensorsName}, nil
	}
	if !exists(dir, indexName) {
		if err := onlyPickles(dir); err != nil {
			return nil, err
		}
		return nil, Absent(dir, SafetensorsName, indexName)
	}
	shardOf, err := readIndex(filepath.Join(dir, indexName))
	return append([]string{indexName}, shards(shardOf)...), err
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// onlyPickles says how weights of PyTorch's own format become readable. Its pickles
// may run any code when they are read, so they are not.
func onlyPickles(dir string) error {
	for _, pattern := range []string{"pytorch_model*.bin", "consolidated*.pth"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			return exit.Errorf(exit.Usage, `%s: .bin and .pth files are not read, as they may hold code; convert the model: python -c "import sys; from transformers import AutoModelForCausalLM as M; M.from_pretrained(sys.argv[1], dtype='auto').save_pretrained(sys.argv[2])" FROM TO, and copy the tokenizer's files`, found[0])
		}
	}
	return nil
}
