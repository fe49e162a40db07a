package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// ConfigName is the configuration's file in a model folder.
const ConfigName = "config.json"

// Config is an architecture's config.json.
type Config interface {
	Limits() Limits
	// Language says whether the architecture predicts next tokens.
	Language() bool
	// CheckWeights compares the configuration of the folder dir with the headers of its weights,
	// before memory is taken for them: a damaged one may ask for any amount.
	CheckWeights(w *checkpoint.Weights, dir string) error
	// Open makes the network with these weights: see Open.
	Open(ctx context.Context, b kernel.Backend, w *checkpoint.Weights, dir string, mode graph.Mode) (Architecture, error)
	// Build makes the network with weights that are not set.
	Build(b kernel.Backend, mode graph.Mode) (Architecture, error)
	// Random makes the network with the weights that transformers would begin to train with,
	// drawn from seed until ctx ends: see IsRandom.
	Random(ctx context.Context, b kernel.Backend, mode graph.Mode, seed int64) (Architecture, error)
}

// parsers read a config.json, by its model_type.
var parsers = map[string]func(path string, data []byte) (Config, error){}

// Register makes an architecture known. parse reads its config.json; path is for
// warnings alone, errors go behind it. Register is called from an init function and
// panics on a model_type that is taken.
func Register(modelType string, parse func(path string, data []byte) (Config, error)) {
	if parsers[modelType] != nil {
		panic("architecture registered twice: " + modelType)
	}
	parsers[modelType] = parse
}

// nameless are the architectures with config.json files from before there was a model_type,
// and keys by all of which they are known.
var nameless = map[string][]string{}

// RegisterNameless says that a config.json without a model_type but with all of these keys
// is of a registered architecture.
func RegisterNameless(modelType string, keys ...string) { nameless[modelType] = keys }

// typeOf is the model_type, "" where none is told.
func typeOf(path string, keys map[string]json.RawMessage) (modelType string) {
	if raw, told := keys["model_type"]; told {
		_ = json.Unmarshal(raw, &modelType) // what is no text is no known type
		return modelType
	}
	for of, marks := range nameless {
		if !slices.ContainsFunc(marks, func(key string) bool { return keys[key] == nil }) {
			log.Warn().Msgf("%s: has no model_type; it is read as of a %s, by its other keys", path, of)
			return of
		}
	}
	return ""
}

// ReadConfig reads the config.json of a base model. A missing file is exit.Usage, a model
// that this program does not compute is exit.BadData.
func ReadConfig(base string) (Config, error) {
	data, err := readConfigFile(base)
	if err != nil {
		return nil, err
	}
	path := configPath(base)
	c, err := parse(path, data)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads the text of a config.json that is no file.
func ParseConfig(data []byte) (Config, error) { return parse(ConfigName, data) }

func parse(path string, data []byte) (Config, error) {
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return nil, err
	}
	modelType := typeOf(path, keys)
	parse := parsers[modelType]
	if parse == nil {
		return nil, fmt.Errorf("model_type: is %q; supported: %s", modelType, strings.Join(slices.Sorted(maps.Keys(parsers)), ", "))
	}
	return parse(path, data)
}

func readConfigFile(dir string) ([]byte, error) {
	data, err := textio.Whole(configPath(dir))
	if IsRandom(dir) && errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.Usage, "%s: the file is not there; give the path of a %s", dir, ConfigName)
	}
	if _, other := os.Stat(filepath.Join(dir, adapter.ConfigName)); errors.Is(err, fs.ErrNotExist) && other == nil {
		return nil, exit.Errorf(exit.Usage, "%s: has %s and no %s: it is an adapter; give the folder of the model under it", dir, adapter.ConfigName, ConfigName)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, exit.Errorf(exit.Usage, "%s: has no %s; give the folder of a Hugging Face model", dir, ConfigName)
	}
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	return data, nil
}

// Open reads a base model: a Hugging Face folder with config.json and model.safetensors or
// pytorch_model.bin, sharded or not, or one of random weights (IsRandom). mode says whether
// the base itself is trained. The loading ends when ctx does, and so does all that is
// computed with the model.
func Open(ctx context.Context, b kernel.Backend, base string, mode graph.Mode) (*Model, error) {
	if IsRandom(base) {
		return openRandom(ctx, b, base, mode)
	}
	config, weights, err := openFolder(base)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	n, err := config.Open(ctx, b, weights, base, mode)
	if err != nil {
		return nil, err
	}
	return &Model{base: n, folder: base}, nil
}

// Look reads the configuration of a base model and the headers of its weights: what Open
// refuses before it reads the weights themselves.
func Look(base string) (Limits, error) {
	if IsRandom(base) {
		config, err := ReadConfig(base)
		if err != nil {
			return Limits{}, err
		}
		return config.Limits(), nil
	}
	config, weights, err := openFolder(base)
	if err != nil {
		return Limits{}, err
	}
	defer weights.Close()
	return config.Limits(), config.CheckWeights(weights, base)
}

func openFolder(dir string) (Config, *checkpoint.Weights, error) {
	if err := alone(dir); err != nil {
		return nil, nil, err
	}
	config, err := ReadConfig(dir)
	if err != nil {
		return nil, nil, err
	}
	weights, err := checkpoint.Open(dir)
	return config, weights, err
}

// alone refuses a model folder that holds an adapter too: transformers would apply
// it, and a base that is trained and predicted with must be one thing.
func alone(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, adapter.ConfigName)); err != nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, ConfigName)); err != nil {
		return nil // ReadConfig says that it is no model
	}
	return exit.Errorf(exit.Usage, "%s: holds %s beside the model, which transformers would apply and this program would not; move the adapter into a folder of its own and name both", dir, adapter.ConfigName)
}

// FileNames are the files that Open reads of a base model, in its Folder: what the model is.
func FileNames(base string) ([]string, error) {
	if _, err := readConfigFile(base); err != nil {
		return nil, err
	}
	names := []string{filepath.Base(configPath(base))}
	if IsRandom(base) {
		return names, nil
	}
	weights, err := checkpoint.FileNames(base)
	return append(names, weights...), err
}

// Tensor is a parameter and what it is called in a file.
type Tensor struct {
	Name  string
	Param *graph.Param
}

// Upload sets parameters to a folder's weights. It demands that every tensor of the files
// has a place, and every place a tensor: a weight left out would be noticed by nobody.
// redundant says of a tensor without a place that nothing is lost by leaving it.
func Upload(ctx context.Context, w *checkpoint.Weights, dir string, tensors []Tensor, redundant func(name string) bool) error {
	placed := map[string]bool{}
	for _, t := range tensors {
		placed[t.Name] = true
		if err := w.ViewFinite(ctx, t.Name, t.Param.Shape(), t.Param.Upload); err != nil {
			return err
		}
	}
	for _, name := range w.Names() {
		if !placed[name] && !redundant(name) {
			return exit.Errorf(exit.BadData, "%s: tensor %q has no place in the model of this %s", dir, name, ConfigName)
		}
	}
	return nil
}

// Write writes parameters as a safetensors file under their own names.
func Write(w io.Writer, params []*graph.Param) error {
	tensors := map[string]checkpoint.Tensor{}
	for _, p := range params {
		values, err := p.Values()
		if err != nil {
			return err
		}
		tensors[p.Name()] = checkpoint.Tensor{Shape: p.Shape(), Values: values}
	}
	return checkpoint.Write(w, tensors)
}
