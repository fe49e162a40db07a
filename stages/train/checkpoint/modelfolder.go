package checkpoint

import (
	"os"
	"path/filepath"

	"github.com/rs/zerolog/log"
)

// The file names of weights in a model folder.
const (
	SafetensorsName = "model.safetensors"
	PickleName      = "pytorch_model.bin"

	indexEnding = ".index.json"
)

// weightsNames are the files by which weights are found; the first one that is there is
// read, as transformers does (modeling_utils.py, _get_resolved_checkpoint_files).
var weightsNames = []string{SafetensorsName, SafetensorsName + indexEnding, PickleName, PickleName + indexEnding}

// Open opens the weights of a Hugging Face model folder: model.safetensors, the shards
// that model.safetensors.index.json lists, or else pytorch_model.bin or its shards.
// Damaged files are exit.BadData, a missing one is exit.Usage.
func Open(dir string) (*Weights, error) {
	name, err := found(dir)
	if err != nil {
		return nil, err
	}
	if isIndex(name) {
		return openIndex(filepath.Join(dir, name))
	}
	if exists(dir, name+indexEnding) {
		log.Warn().Msgf("%s: %s and %s are both there and may differ; the former is read, as transformers does", dir, name, name+indexEnding)
	}
	return OpenFile(filepath.Join(dir, name))
}

// FileNames are the files that Open reads of a folder.
func FileNames(dir string) ([]string, error) {
	name, err := found(dir)
	if err != nil {
		return nil, err
	}
	if !isIndex(name) {
		return []string{name}, nil
	}
	shardOf, err := readIndex(filepath.Join(dir, name))
	return append([]string{name}, shards(shardOf)...), err
}

// found is the file by which a folder's weights are found.
func found(dir string) (string, error) {
	for _, name := range weightsNames {
		if exists(dir, name) {
			return name, nil
		}
	}
	return "", Absent(dir, weightsNames...)
}

func isIndex(name string) bool { return filepath.Ext(name) == filepath.Ext(indexEnding) }

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
