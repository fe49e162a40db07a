package model

import (
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
)

// CheckIDs says whether ids can be looked up. A wrong id is named by its place
// only: tokens are as confidential as the text they stand for.
func (c Config) CheckIDs(ids []int32) error {
	if len(ids) == 0 {
		return exit.Errorf(exit.BadData, "no token ids; give at least the BOS token")
	}
	for i, id := range ids {
		if id < 0 || int(id) >= c.VocabSize {
			return exit.Errorf(exit.BadData, "token id at position %d is outside the vocabulary of %d; was the text encoded for another model?", i, c.VocabSize)
		}
	}
	return nil
}

// CheckLength says whether a sequence of that many tokens has positions enough.
func (c Config) CheckLength(tokens int) error {
	if tokens > c.MaxPositionEmbeddings {
		return exit.Errorf(exit.Usage, "sequences of %d tokens are longer than the model's max_position_embeddings %d", tokens, c.MaxPositionEmbeddings)
	}
	return nil
}

// Pooled is the part of a sequence whose last token a classification head reads: as in
// transformers (GenericForSequenceClassification) up to the rightmost token that is not
// pad_token_id, or the first token where all are. What stands after it changes nothing,
// as attention looks back alone.
func (c Config) Pooled(ids []int32) []int32 {
	end := len(ids)
	for end > 1 && ids[end-1] == c.PadTokenID {
		end--
	}
	return ids[:end]
}

// Finite says whether every value is a finite number.
func Finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}
