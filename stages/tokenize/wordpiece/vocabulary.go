package wordpiece

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// vocabulary are the pieces of words.
type vocabulary struct {
	pieces   []string         // by id
	ids      map[string]int32 // by text
	inside   map[string]int32 // those that go on with a word, by text without the prefix
	longest  int              // of ids, in bytes
	unk      int32            // of words that cannot be made of pieces
	maxRunes int              // of a word; a longer one is unknown
}

// newVocabulary makes a vocabulary of pieces, by id, without unk. Of two that are the
// same the later counts.
func newVocabulary(pieces []string, prefix string, maxRunes int) *vocabulary {
	v := &vocabulary{pieces: pieces, ids: make(map[string]int32, len(pieces)), inside: map[string]int32{}, maxRunes: maxRunes}
	for id, piece := range pieces {
		v.ids[piece] = int32(id)
		if rest, goesOn := strings.CutPrefix(piece, prefix); goesOn {
			v.inside[rest] = int32(id)
		}
		v.longest = max(v.longest, len(piece))
	}
	return v
}

// repeats says that some piece is there twice.
func (v *vocabulary) repeats() bool { return len(v.ids) < len(v.pieces) }

// Size implements added.Vocabulary.
func (v *vocabulary) Size() int { return len(v.pieces) }

// ID implements added.Vocabulary.
func (v *vocabulary) ID(text string) (int32, bool) {
	id, known := v.ids[text]
	return id, known
}

// appendWord appends the ids of a word, which is not empty: at each place the longest
// piece, and for the whole word unk where some place has none.
func (v *vocabulary) appendWord(dst []int32, word []byte) []int32 {
	if len(word) > v.maxRunes && utf8.RuneCount(word) > v.maxRunes {
		return append(dst, v.unk)
	}
	begin, pieces := len(dst), v.ids
	for len(word) > 0 {
		id, size := v.piece(pieces, word)
		if size == 0 {
			return append(dst[:begin], v.unk)
		}
		dst, word, pieces = append(dst, id), word[size:], v.inside
	}
	return dst
}

// piece is the longest piece with which a word begins, of size 0 where there is none.
func (v *vocabulary) piece(pieces map[string]int32, word []byte) (id int32, size int) {
	for size := min(len(word), v.longest); size > 0; size-- {
		if size == len(word) || utf8.RuneStart(word[size]) {
			if id, known := pieces[string(word[:size])]; known {
				return id, size
			}
		}
	}
	return 0, 0
}

// parseText reads vocab.txt: a piece a line, without the blanks at its end. An id is
// the number of the line, from 0.
func parseText(data []byte) ([]string, error) {
	if bytes.HasPrefix(data, []byte("\uFEFF")) {
		return nil, errors.New("begins with a byte order mark, which would be part of the first piece; take it out")
	}
	var pieces []string
	for line := range bytes.Lines(data) {
		if !utf8.Valid(line) {
			return nil, fmt.Errorf("line %d is not UTF-8", len(pieces)+1)
		}
		pieces = append(pieces, string(bytes.TrimRightFunc(line, unicode.IsSpace)))
	}
	return pieces, nil
}
