package hf

import (
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// Encoder turns text into ids. It keeps buffers, so it belongs to one goroutine.
type Encoder struct {
	tokenizer  *Tokenizer
	pieces     *sentencepiece.Encoder
	literal    *added.Search
	normalized *added.Search
	dst        []int32
	room       int // how many ids may still be appended to dst
}

// NewEncoder implements tokenizer.Tokenizer.
func (t *Tokenizer) NewEncoder() tokenizer.Encoder {
	return &Encoder{
		tokenizer: t, pieces: t.model.NewEncoder(),
		literal: t.literal.NewSearch(), normalized: t.normalized.NewSearch(),
	}
}

// Encode implements tokenizer.Encoder. Of the text behind the ids only the place
// of the next token is looked for.
func (e *Encoder) Encode(dst []int32, text string, limit int) []int32 {
	e.dst, e.room = dst, limit
	for s := range e.literal.Spans(text, false) {
		if e.room <= 0 {
			break
		}
		if s.ID == added.Between {
			e.between(text[s.Start:s.End], s.Start == 0)
		} else {
			e.token(s.ID)
		}
	}
	dst, e.dst = e.dst, nil
	return dst
}

func (e *Encoder) token(id int32) { e.dst, e.room = append(e.dst, id), e.room-1 }

// between encodes text in which no token is found as it stands. atStart: nothing
// came before it.
func (e *Encoder) between(text string, atStart bool) {
	rule := e.tokenizer.rule
	for s := range e.normalized.Spans(text, rule.replaced && rule.prefix == each) {
		if e.room <= 0 {
			break
		}
		if s.ID != added.Between {
			e.token(s.ID)
			continue
		}
		switch part := text[max(s.Start, 0):s.End]; {
		case s.Start < 0 && part == "": // the blank before the text, and then a token
			e.plain(" ", false)
		case rule.replaced:
			e.plain(part, s.Start < 0)
		default:
			e.plain(part, rule.wanted(part, atStart && s.Start == 0))
		}
	}
}

// plain encodes text in which there is no token. prefix: a space comes before it.
func (e *Encoder) plain(text string, prefix bool) {
	begin := len(e.dst)
	if prefix {
		e.dst = e.pieces.EncodeFirst(e.dst, text, e.room)
	} else {
		e.dst = e.pieces.EncodeInside(e.dst, text, e.room)
	}
	e.room -= len(e.dst) - begin
}
