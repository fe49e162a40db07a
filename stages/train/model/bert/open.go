package bert

import (
	"context"
	"fmt"
	"strings"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// The names in a checkpoint that more than one place knows. prefix is that of a BertModel
// inside another class; a BertModel's own checkpoint has none.
const (
	prefix        = "bert."
	wordsName     = prefix + "embeddings.word_embeddings.weight"
	positionsName = prefix + "embeddings.position_embeddings.weight"
	typesName     = prefix + "embeddings.token_type_embeddings.weight"
	poolerName    = prefix + "pooler.dense"
	normName      = "LayerNorm"

	positionIDs   = prefix + "embeddings.position_ids"               // a buffer of old versions
	semanticTypes = prefix + "embeddings.tui_type_embeddings.weight" // of UmlsBERT
	headsPrefix   = "cls."                                           // heads of pre-training: masked words, next sentence
)

func layerName(i int) string { return fmt.Sprintf("%sencoder.layer.%d.", prefix, i) }

// CheckWeights implements model.Config: it compares the sizes of a configuration with the
// file before memory is taken for them.
func (c Config) CheckWeights(w *checkpoint.Weights, dir string) error {
	names := namesIn(w)
	if name := names.in(poolerName + ".weight"); !names.has(name) && names.has(names.in(wordsName)) {
		return exit.Errorf(exit.BadData, "%s: the weights have no pooler (tensor %q), which a classifier reads and transformers would draw at random; give a checkpoint that was saved with one", dir, name)
	}
	last := layerName(c.NumHiddenLayers - 1)
	for _, t := range []struct {
		name  string
		shape []int
	}{
		{wordsName, []int{c.VocabSize, c.HiddenSize}},
		{positionsName, []int{c.MaxPositionEmbeddings, c.HiddenSize}},
		{typesName, []int{c.TypeVocabSize, c.HiddenSize}},
		{last + "intermediate.dense.weight", []int{c.IntermediateSize, c.HiddenSize}},
	} {
		if err := w.View(names.in(t.name), t.shape, func(kernel.Host) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// Open implements model.Config.
func (c Config) Open(ctx context.Context, b kernel.Backend, w *checkpoint.Weights, dir string, mode graph.Mode) (model.Architecture, error) {
	if err := c.CheckWeights(w, dir); err != nil {
		return nil, err
	}
	n, err := build(ctx, b, c, mode)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	n.params.Until(ctx)
	names := namesIn(w)
	tensors := make([]model.Tensor, len(n.own))
	for i, p := range n.own {
		tensors[i] = model.Tensor{Name: names.in(p.Name()), Param: p}
	}
	if err := model.Upload(ctx, w, dir, tensors, names.redundant); err != nil {
		n.params.Close()
		return nil, err
	}
	if names.has(names.in(semanticTypes)) {
		log.Warn().Msgf("%s: %s are UmlsBERT's; which words have a semantic type is not in a model folder, so none has one here: the tensor is left aside, as transformers leaves it", dir, semanticTypes)
	}
	return n, nil
}

// tensorNames are those of a checkpoint's tensors, which may be without the prefix and may have
// the names that layer norms had in TensorFlow.
type tensorNames struct {
	weights *checkpoint.Weights
	bare    bool // without prefix
}

func namesIn(w *checkpoint.Weights) tensorNames {
	n := tensorNames{weights: w}
	n.bare = !n.has(wordsName)
	return n
}

func (n tensorNames) has(name string) bool {
	_, ok := n.weights.Shape(name)
	return ok
}

// oldNames are what transformers renames too.
var oldNames = strings.NewReplacer(normName+".weight", normName+".gamma", normName+".bias", normName+".beta")

// in is what the file calls a parameter.
func (n tensorNames) in(param string) string {
	if n.bare {
		param = strings.TrimPrefix(param, prefix)
	}
	if old := oldNames.Replace(param); n.has(old) && !n.has(param) {
		return old
	}
	return param
}

// redundant are tensors that a classifier does not read.
func (n tensorNames) redundant(name string) bool {
	return strings.HasPrefix(name, headsPrefix) || name == n.in(positionIDs) || name == n.in(semanticTypes)
}
