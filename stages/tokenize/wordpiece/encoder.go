package wordpiece

import (
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/cache"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// Encoder turns texts into ids. It keeps buffers and a cache of segments, so it
// belongs to one goroutine.
type Encoder struct {
	tokenizer           *Tokenizer
	literal, normalized *added.Search
	cache               *cache.Cache
	segment             []byte // ASCII letters in lower case where the normalizer says so
	plain               bool   // the normalizer leaves the segment as it is, and it is one word
	normal              []byte // the segment normalised
	runes               []rune
	dst                 []int32
	end                 int // the length of dst that was asked for
}

// NewEncoder implements tokenizer.Tokenizer.
func (t *Tokenizer) NewEncoder() tokenizer.Encoder {
	return &Encoder{tokenizer: t, literal: t.literal.NewSearch(), normalized: t.normalized.NewSearch(), cache: cache.New()}
}

// Encode implements tokenizer.Encoder. Of a tokenizer with tokens that are looked for
// in the normalised text, all text up to the next other token is looked at; else only
// what gives ids.
func (e *Encoder) Encode(dst []int32, text string, limit int) []int32 {
	e.dst, e.end = dst, len(dst)+min(limit, math.MaxInt-len(dst))
	for s := range e.literal.Spans(text, false) {
		if len(e.dst) >= e.end {
			break
		}
		if s.ID == added.Between {
			e.between(text[s.Start:s.End])
		} else {
			e.dst = append(e.dst, s.ID)
		}
	}
	dst, e.dst = e.dst[:min(len(e.dst), e.end)], nil
	return dst
}

// between encodes text in which no token is found as it stands.
func (e *Encoder) between(text string) {
	t := e.tokenizer
	if !t.normalizes {
		e.words(text)
		return
	}
	var normal []byte
	normal, e.runes = t.normalizer.append(nil, []byte(text), e.runes)
	text = string(normal)
	for s := range e.normalized.Spans(text, false) {
		if len(e.dst) >= e.end {
			break
		}
		if s.ID == added.Between {
			e.words(text[s.Start:s.End])
		} else {
			e.dst = append(e.dst, s.ID)
		}
	}
}

// words encodes text without tokens. It is cut into segments at ASCII blanks and
// punctuation: what the normalizer makes of one depends on no other.
func (e *Encoder) words(text string) {
	bytes := e.tokenizer.bytes
	for len(text) > 0 && len(e.dst) < e.end {
		switch b := text[0]; bytes.kinds[b] {
		case blank:
			text = text[1:]
		case mark:
			e.dst = append(e.dst, bytes.marks[b])
			text = text[1:]
		default:
			text = text[e.take(text):]
			e.encode()
		}
	}
}

// take copies the segment with which a text begins, its ASCII letters as the
// normalizer has them, and returns its length.
func (e *Encoder) take(text string) int {
	bytes, segment := e.tokenizer.bytes, e.segment[:0]
	e.plain = true
	for i := range len(text) {
		kind := bytes.kinds[text[i]]
		if kind > other {
			break
		}
		e.plain = e.plain && kind == plain
		segment = append(segment, bytes.folded[text[i]])
	}
	e.segment = segment
	return len(segment)
}

// encode appends the ids of the segment.
func (e *Encoder) encode() {
	if len(e.segment) > cache.MaxBytes {
		e.pieces()
		return
	}
	begin := len(e.dst)
	dst, slot := e.cache.Append(e.dst, e.segment)
	if e.dst = dst; slot == nil {
		return
	}
	e.pieces()
	e.cache.Put(slot, e.segment, e.dst[begin:])
}

// pieces splits the normalised segment into words and appends the ids of their pieces.
func (e *Encoder) pieces() {
	if e.plain {
		e.word(e.segment)
		return
	}
	t := e.tokenizer
	e.normal, e.runes = t.bytes.normalizer.append(e.normal[:0], e.segment, e.runes)
	eachWord(e.normal, e.word)
}

func (e *Encoder) word(word []byte) { e.dst = e.tokenizer.vocabulary.appendWord(e.dst, word) }

// eachWord splits normalised text at blanks, and before and after punctuation.
func eachWord(text []byte, do func(word []byte)) {
	word := 0 // where the word begins that goes on
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		isMark := unicode.Is(punctuation, r)
		if isMark || unicode.IsSpace(r) {
			if at > word {
				do(text[word:at])
			}
			word = at + size
		}
		if isMark {
			do(text[at:word])
		}
		at += size
	}
	if word < len(text) {
		do(text[word:])
	}
}
