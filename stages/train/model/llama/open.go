package llama

import (
	"bytes"
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

// CheckWeights implements model.Config.
func (c Config) CheckWeights(w *checkpoint.Weights, dir string) error {
	if c.TieWordEmbeddings { // which of its tensors are read shows when they are
		return nil
	}
	if _, err := untie(w, &c, dir); err != nil {
		return err
	}
	return fits(w, c, nil)
}

// Open implements model.Config.
func (c Config) Open(ctx context.Context, b kernel.Backend, w *checkpoint.Weights, dir string, mode graph.Mode) (model.Architecture, error) {
	names, err := untie(w, &c, dir)
	if err != nil {
		return nil, err
	}
	if err := fits(w, c, names); err != nil {
		return nil, err
	}
	n, err := build(ctx, b, c, mode)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	n.params.Until(ctx)
	tensors := make([]model.Tensor, len(n.own))
	for i, p := range n.own {
		tensors[i] = model.Tensor{Name: names.in(p.Name()), Param: p}
	}
	if err := model.Upload(ctx, w, dir, tensors, c.redundant); err != nil {
		n.params.Close()
		return nil, err
	}
	return n, nil
}

// redundant are the buffers that old versions of transformers saved, and a head that is
// the embedding.
func (c Config) redundant(name string) bool {
	return strings.HasSuffix(name, ".rotary_emb.inv_freq") || name == headName && c.TieWordEmbeddings
}

// fits compares the sizes of a configuration with the file before memory is taken
// for them: a damaged configuration may ask for any amount.
func fits(weights *checkpoint.Weights, c Config, names tensorNames) error {
	last := fmt.Sprintf("model.layers.%d.", c.NumHiddenLayers-1)
	for _, t := range []struct {
		name  string
		shape []int
	}{
		{embedName, []int{c.VocabSize, c.HiddenSize}},
		{last + "self_attn.q_proj.weight", []int{c.NumAttentionHeads * c.HeadDim, c.HiddenSize}},
		{last + "self_attn.k_proj.weight", []int{c.keyColumns(), c.HiddenSize}},
		{last + "mlp.gate_proj.weight", []int{c.IntermediateSize, c.HiddenSize}},
	} {
		if err := weights.View(names.in(t.name), t.shape, func(kernel.Host) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// tensorNames are the names in a file that differ from the parameters'.
type tensorNames map[string]string

func (n tensorNames) in(param string) string {
	if name, ok := n[param]; ok {
		return name
	}
	return param
}

// untie settles what tie_word_embeddings means for a file, as transformers 5 does
// (PreTrainedModel.tie_weights): a file with the head's name alone is read by it, and
// one with a head of other values than the embedding's is not tied. Without a head, and
// not tied, transformers would draw one at random: that is refused.
func untie(weights *checkpoint.Weights, c *Config, dir string) (tensorNames, error) {
	_, hasEmbed := weights.Shape(embedName)
	_, hasHead := weights.Shape(headName)
	if _, classifier := weights.Shape(scoreName); classifier {
		return nil, exit.Errorf(exit.BadData, "%s: is a sequence classifier (tensor %q); give the language model that it was made of", dir, scoreName)
	}
	if !c.TieWordEmbeddings && hasEmbed && !hasHead {
		return nil, exit.Errorf(exit.BadData, "%s: the weights have no tensor %q, and tie_word_embeddings is false in %s; set it to true where the head is the embedding's table, or give the language model with its head", dir, headName, model.ConfigName)
	}
	if !c.TieWordEmbeddings || !hasHead {
		return nil, nil
	}
	if !hasEmbed {
		return tensorNames{embedName: headName}, nil
	}
	same, err := sameValues(weights, []int{c.VocabSize, c.HiddenSize})
	if err == nil && !same {
		log.Warn().Msgf("%s: tie_word_embeddings is true in %s, but %s has other values than %s: the file's own head is used; set tie_word_embeddings to false", dir, model.ConfigName, headName, embedName)
		c.TieWordEmbeddings = false
	}
	return nil, err
}

// sameValues compares embedding and head, which may be of two types.
func sameValues(weights *checkpoint.Weights, shape []int) (same bool, err error) {
	err = weights.View(embedName, shape, func(embed kernel.Host) error {
		return weights.View(headName, shape, func(head kernel.Host) error {
			same = equal(embed, head)
			return nil
		})
	})
	return same, err
}

func equal(a, b kernel.Host) bool {
	if a.DType == b.DType {
		return bytes.Equal(a.Bytes, b.Bytes)
	}
	for i := range a.Len() {
		if a.Float(i) != b.Float(i) {
			return false
		}
	}
	return true
}
