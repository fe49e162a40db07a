package hf

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/tokenize/bpe"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// sameMerges checks that the merges of a tokenizer.json are those by which
// SentencePiece makes the pieces of a model: none is missing, and the pieces of higher
// scores come first. A merge whose parts or whole are no normal pieces of the model is
// passed over: it matters only to a text that holds the name of a special piece.
func sameMerges(of *bpe.Model, m *sentencepiece.Model) error {
	wanted := map[[2]string]bool{}
	for _, parts := range mergesOf(m) {
		wanted[parts] = true
	}
	last := float32(math.Inf(1))
	for i, merge := range of.Merges {
		parts := [2]string{of.Pieces[merge.Left], of.Pieces[merge.Right]}
		if !wanted[parts] {
			continue
		}
		delete(wanted, parts)
		score := m.Piece(merge.Whole).Score
		if score > last {
			return fmt.Errorf("model.merges: merge %d comes after one that SentencePiece makes later; they are of another tokenizer, or of none that it trained", i)
		}
		last = score
	}
	if len(wanted) > 0 {
		return fmt.Errorf("model.merges: %d merges are not there that SentencePiece makes of the pieces; they are of another tokenizer, or of none that it trained", len(wanted))
	}
	return nil
}
