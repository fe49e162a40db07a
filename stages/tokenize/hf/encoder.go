package hf

import (
	"math"

	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// Encoder turns text into ids. It keeps buffers, so it belongs to one goroutine.
type Encoder struct {
	tokenizer *Tokenizer
	pieces    *sentencepiece.Encoder
	outer     []span
	inner     []span
	next      []int
	dst       []int32
	begin     int
	limit     int
}

// NewEncoder returns an encoder of the tokenizer.
func (t *Tokenizer) NewEncoder() *Encoder {
	return &Encoder{tokenizer: t, pieces: t.Model.NewEncoder()}
}

// Encode appends the ids of text to dst, without BOS or EOS. An empty text has no
// ids.
func (e *Encoder) Encode(dst []int32, text string) []int32 {
	return e.EncodeFirst(dst, text, math.MaxInt)
}

// EncodeFirst appends the first limit ids that Encode would append, without
// working on the text after them.
func (e *Encoder) EncodeFirst(dst []int32, text string, limit int) []int32 {
	e.dst, e.begin, e.limit = dst, len(dst), limit
	e.outer, e.next = e.tokenizer.literal.split(e.outer[:0], text, e.next)
	for _, s := range e.outer {
		if e.full() {
			break
		}
		if s.id == between {
			e.between(text[s.start:s.end], s.start == 0)
		} else {
			e.dst = append(e.dst, s.id)
		}
	}
	dst, e.dst = e.dst, nil
	if len(dst)-e.begin > limit {
		dst = dst[:e.begin+limit]
	}
	return dst
}

func (e *Encoder) full() bool { return len(e.dst)-e.begin >= e.limit }

// between encodes text in which no token is found as it stands.
func (e *Encoder) between(text string, atStart bool) {
	rule := e.tokenizer.rule
	if len(e.tokenizer.normalized.firsts) == 0 {
		e.plain(text, rule.wanted(text, atStart))
		return
	}
	normal := rule.normalize(text)
	e.inner, e.next = e.tokenizer.normalized.split(e.inner[:0], normal, e.next)
	for _, s := range e.inner {
		switch part := normal[s.start:s.end]; {
		case e.full():
			return
		case s.id != between:
			e.dst = append(e.dst, s.id)
		case rule.replaced: // with its prefix
			e.plain(part, false)
		default:
			e.plain(part, rule.wanted(part, atStart && s.start == 0))
		}
	}
}

// plain encodes text in which there is no token.
func (e *Encoder) plain(text string, prefix bool) {
	room := e.limit - (len(e.dst) - e.begin)
	if prefix {
		e.dst = e.pieces.EncodeFirst(e.dst, text, room)
	} else {
		e.dst = e.pieces.EncodeInside(e.dst, text, room)
	}
}
