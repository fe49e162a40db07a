package model

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// RandomPrefix stands before the path of a config.json: random:PATH names a base model of
// random weights of that configuration, for trying things out without a model's weights.
const RandomPrefix = "random:"

// randomSeed is the seed of every such model, so that the same name is the same model
// wherever it is given: to an adapter's training, and to its predictions.
const randomSeed = 1

// IsRandom says whether a base model is one of random weights, which are drawn anew and
// were trained on nobody.
func IsRandom(base string) bool { return strings.HasPrefix(base, RandomPrefix) }

// Folder is where the files of a base model lie.
func Folder(base string) string { return filepath.Dir(configPath(base)) }

func configPath(base string) string {
	if path, random := strings.CutPrefix(base, RandomPrefix); random {
		return path
	}
	return filepath.Join(base, ConfigName)
}

func openRandom(ctx context.Context, b kernel.Backend, base string, mode graph.Mode) (*Model, error) {
	config, err := ReadConfig(base)
	if err != nil {
		return nil, err
	}
	n, err := config.Random(ctx, b, mode, randomSeed)
	if err != nil {
		return nil, err
	}
	n.Params().Until(ctx)
	return New(n), nil
}
