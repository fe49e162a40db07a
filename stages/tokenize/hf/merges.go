package hf

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// pair is a merge in a tokenizer.json: two texts in a list, or as before version 0.20
// of the tokenizers library in one text with a blank between them.
type pair [2]string

// UnmarshalJSON implements json.Unmarshaler.
func (p *pair) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, (*[2]string)(p)) == nil {
		return nil
	}
	if json.Unmarshal(data, &text) != nil {
		return errors.New("a merge is no pair of texts")
	}
	p[0], p[1], _ = strings.Cut(text, " ")
	return nil
}

// sameMerges checks that the merges of a tokenizer.json are those by which
// SentencePiece makes the pieces of a model: none is missing, none is there twice,
// and the pieces of higher scores come first. A merge whose parts or whole are no
// normal pieces of the model is passed over: it matters only to a text that holds the
// name of a special piece.
func sameMerges(merges []pair, m *sentencepiece.Model) error {
	wanted := map[pair]bool{}
	for _, of := range mergesOf(m) {
		wanted[pair(of)] = true
	}
	last := float32(math.Inf(1))
	for i, of := range merges {
		if !mergeable(m, of[0]) || !mergeable(m, of[1]) || !mergeable(m, of[0]+of[1]) {
			continue
		}
		if !wanted[of] {
			return fmt.Errorf("merge %d is there twice", i)
		}
		delete(wanted, of)
		id, _ := m.ID(of[0] + of[1])
		score := m.Piece(id).Score
		if score > last {
			return fmt.Errorf("merge %d comes after one that tokenizer.model makes later", i)
		}
		last = score
	}
	if len(wanted) > 0 {
		return fmt.Errorf("%d merges of tokenizer.model are not there", len(wanted))
	}
	return nil
}
