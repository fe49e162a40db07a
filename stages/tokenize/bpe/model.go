// Package bpe is byte-pair encoding by a list of merges, as the tokenizers library has
// it: the model of a tokenizer.json of type BPE, or vocab.json with merges.txt, and
// merging by it. It knows nothing of what stands for a text's bytes or characters.
package bpe

import (
	"errors"
	"fmt"
)

// Model is a vocabulary and its merges. It is immutable and may be shared.
type Model struct {
	Pieces       []string // by id
	Merges       []Merge  // the first to be made first
	IgnoreMerges bool     // a word that is a piece is that piece, whatever merges would make
	ByteFallback bool     // characters without a piece become pieces <0x00> … <0xFF>
	FuseUnk      bool     // a run of characters without a piece is one unknown piece
	Unk          string   // the unknown piece, "" where there is none

	ids   map[string]int32
	pairs *pairs
}

// Merge makes one piece of two neighbours.
type Merge struct{ Left, Right, Whole int32 }

// Size is the number of pieces.
func (m *Model) Size() int { return len(m.Pieces) }

// ID finds the id of a piece by its text.
func (m *Model) ID(text string) (int32, bool) {
	id, ok := m.ids[text]
	return id, ok
}

// maxPieces is far above any published vocabulary, low enough that a damaged file
// cannot exhaust memory.
const maxPieces = 1 << 22

// index takes the pieces, whose ids are 0 to the last without a gap.
func (m *Model) index(pieces []piece) error {
	if len(pieces) > maxPieces {
		return fmt.Errorf("has more than %d pieces", maxPieces)
	}
	m.Pieces, m.ids = make([]string, len(pieces)), make(map[string]int32, len(pieces))
	given := make([]bool, len(pieces))
	for _, p := range pieces {
		if p.id < 0 || int(p.id) >= len(pieces) || given[p.id] {
			return fmt.Errorf("has %d pieces, and one with the id %d: ids must be 0 to the last, each once", len(pieces), p.id)
		}
		m.Pieces[p.id], m.ids[p.text], given[p.id] = p.text, p.id, true
	}
	if len(m.ids) < len(pieces) {
		return errors.New("has a piece twice")
	}
	return nil
}

type piece struct {
	text string
	id   int32
}

// merging takes merges one after the other.
type merging struct {
	model *Model
	whole []byte
}

// take takes the merge of two pieces, which make a third.
func (t *merging) take(left, right []byte) error {
	m := t.model
	t.whole = append(append(t.whole[:0], left...), right...)
	l, isLeft := m.ids[string(left)]
	r, isRight := m.ids[string(right)]
	w, isWhole := m.ids[string(t.whole)]
	if !isLeft || !isRight || !isWhole {
		return fmt.Errorf("merge %d: its parts or what they make are not in the vocabulary", len(m.Merges))
	}
	m.Merges = append(m.Merges, Merge{l, r, w})
	return nil
}
