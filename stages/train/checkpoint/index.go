package checkpoint

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
)

// openIndex opens every shard an index names and checks that the tensors are
// where the index says.
func openIndex(path string) (*Weights, error) {
	shardOf, err := readIndex(path)
	if err != nil {
		return nil, err
	}
	w := &Weights{tensors: map[string]located{}}
	for _, shard := range shards(shardOf) {
		err := w.add(filepath.Join(filepath.Dir(path), shard))
		if errors.Is(err, fs.ErrNotExist) {
			err = exit.Errorf(exit.Usage, "%s: names %s, which is not there; copy the model again, all of its files", path, shard)
		}
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shardOf)) {
		t, ok := w.tensors[name]
		if !ok || filepath.Base(w.files[t.file].path) != shardOf[name] {
			missing := exit.Errorf(exit.BadData, "%s: tensor %q is not in %s as it says", path, name, shardOf[name])
			return nil, errors.Join(missing, w.Close())
		}
	}
	return w, nil
}

// shards are the files that an index names, each once.
func shards(shardOf map[string]string) []string {
	return slices.Compact(slices.Sorted(maps.Values(shardOf)))
}

func readIndex(path string) (map[string]string, error) {
	data, err := textio.Whole(path)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "open weights: %w", err)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := jsonfile.Unmarshal(data, &index); err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w; it needs a weight_map", path, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, exit.Errorf(exit.BadData, "%s: needs a weight_map of tensor names to file names", path)
	}
	for name, shard := range index.WeightMap {
		// A shard outside the folder would let an index read any file, one of another
		// name a file that is in no step's fingerprint.
		if shard != filepath.Base(shard) || !filepath.IsLocal(shard) {
			return nil, exit.Errorf(exit.BadData, "%s: tensor %q: %q is not a file name of this folder", path, name, shard)
		}
		if pattern := shardPattern(path); !matches(pattern, shard) {
			return nil, exit.Errorf(exit.BadData, "%s: tensor %q: %q is no %s file", path, name, shard, pattern)
		}
	}
	return index.WeightMap, nil
}

// shardPattern is how the files that an index lists are called.
func shardPattern(index string) string {
	if filepath.Base(index) == PickleName+indexEnding {
		return "pytorch_model*.bin"
	}
	return "*.safetensors"
}

func matches(pattern, name string) bool {
	ok, _ := filepath.Match(pattern, name)
	return ok
}
