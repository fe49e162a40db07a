package prompt

import (
	"context"
	"fmt"
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/random"
)

// embedding draws the base's own rows of the text's tokens.
func (c Config) embedding(t *adapter.Tensors, base adapter.Base) adapter.Draw {
	return func(random.Stream, int) ([]float32, error) {
		ids, err := c.ids(base)
		if err != nil {
			return nil, err
		}
		return t.Evaluate(func(g *graph.Graph) *graph.Node { return g.Lookup(base.Embedding, base.Hidden, ids) })
	}
}

// ids are as many as there are virtual tokens: those of the text with the special tokens
// that its folder puts around it, over and over, as PEFT has them.
func (c Config) ids(base adapter.Base) ([]int32, error) {
	if base.Folder == "" {
		return nil, exit.Errorf(exit.Usage, "prompt_tuning_init: TEXT needs a base model with a folder, in which its tokenizer is; give RANDOM")
	}
	ids, err := encode(base.Folder, c.PromptTuningInitText)
	if err != nil {
		return nil, fmt.Errorf("prompt_tuning_init: TEXT: %w", err)
	}
	if len(ids) == 0 {
		return nil, exit.Errorf(exit.Usage, "prompt_tuning_init_text: has no tokens")
	}
	repeated := make([]int32, c.NumVirtualTokens)
	for i := range repeated {
		repeated[i] = ids[i%len(ids)]
		if int(repeated[i]) >= base.Embedding.Shape()[0] {
			return nil, exit.Errorf(exit.BadData, "prompt_tuning_init_text: the tokenizer in %s has tokens that the base's embedding has no row for", base.Folder)
		}
	}
	return repeated, nil
}

// encode is what transformers' tokenizer makes of a text by default.
func encode(folder, text string) (ids []int32, err error) {
	dir, err := store.Open(folder)
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.Open(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	special := t.Special()
	if special.AddBOS {
		ids = append(ids, special.BOS)
	}
	ids = t.NewEncoder().Encode(ids, text, math.MaxInt)
	if special.AddEOS {
		ids = append(ids, special.EOS)
	}
	return ids, nil
}
