package model

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/peft"
)

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
	if !c.TieWordEmbeddings && hasEmbed && !hasHead {
		return nil, exit.Errorf(exit.BadData, "%s: the weights have no tensor %q, and tie_word_embeddings is false in %s; set it to true where the head is the embedding's table, or give the language model with its head", dir, headName, ConfigName)
	}
	if !c.TieWordEmbeddings || !hasHead {
		return nil, nil
	}
	if !hasEmbed {
		return tensorNames{embedName: headName}, nil
	}
	same, err := sameValues(weights, []int{c.VocabSize, c.HiddenSize})
	if err == nil && !same {
		log.Warn().Msgf("%s: tie_word_embeddings is true in %s, but %s has other values than %s: the file's own head is used; set tie_word_embeddings to false", dir, ConfigName, headName, embedName)
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

// alone refuses a model folder that holds an adapter too: transformers would apply
// it, and a base that is trained and predicted with must be one thing.
func alone(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, peft.ConfigName)); err != nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, ConfigName)); err != nil {
		return nil // ReadConfig says that it is no model
	}
	return exit.Errorf(exit.Usage, "%s: holds %s beside the model, which transformers would apply and this program would not; move the adapter into a folder of its own and name both", dir, peft.ConfigName)
}
