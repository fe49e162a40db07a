package bytebpe

import (
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/bpe"
	"github.com/clinflow/clinflow/stages/tokenize/cache"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// Encoder turns text into ids. It keeps buffers, so it belongs to one goroutine.
type Encoder struct {
	tokenizer  *Tokenizer
	literal    *added.Search
	normalized *added.Search
	cache      *cache.Cache
	merger     *bpe.Merger
	scan       *scanner
	text       []byte  // that words are found in
	bytes      []int32 // the pieces of a word's bytes
	dst        []int32
	room       int // how many ids may still be appended to dst; less than 0 where too many were
}

// NewEncoder implements tokenizer.Tokenizer.
func (t *Tokenizer) NewEncoder() tokenizer.Encoder {
	return &Encoder{
		tokenizer: t, literal: t.literal.NewSearch(), normalized: t.normalized.NewSearch(),
		cache: cache.New(), merger: t.model.NewMerger(), scan: scanners[t.pipeline.pattern],
	}
}

// Encode implements tokenizer.Encoder. A byte that is not UTF-8 counts as U+FFFD.
// Behind the ids few words are looked for.
func (e *Encoder) Encode(dst []int32, text string, limit int) []int32 {
	e.dst, e.room = dst, limit
	text = valid(text)
	for s := range e.literal.Spans(text, false) {
		if e.room <= 0 {
			break
		}
		if s.ID == added.Between {
			e.between(text[s.Start:s.End])
		} else {
			e.token(s.ID)
		}
	}
	dst, e.dst = e.dst, nil
	return dst[:len(dst)+min(e.room, 0)]
}

// valid is text with U+FFFD for each byte that is not UTF-8.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

func (e *Encoder) token(id int32) { e.dst, e.room = append(e.dst, id), e.room-1 }

// between encodes text in which no token is found as it stands.
func (e *Encoder) between(text string) {
	text = e.tokenizer.pipeline.normalize(text)
	for s := range e.normalized.Spans(text, false) {
		if e.room <= 0 {
			break
		}
		if s.ID == added.Between {
			e.words(text[s.Start:s.End])
		} else {
			e.token(s.ID)
		}
	}
}

// words encodes text in which there is no token.
func (e *Encoder) words(text string) {
	e.text = e.text[:0]
	if e.tokenizer.pipeline.prefixSpace && text[0] != ' ' {
		e.text = append(e.text, ' ')
	}
	e.text = append(append(e.text, text...), beyond[:]...)
	dst, most := e.dst, len(e.dst)+min(e.room, math.MaxInt-len(e.dst))
	for rest := e.text[:len(e.text)-len(beyond)]; len(rest) > 0 && len(dst) < most; {
		size := 0
		if dst, size = e.ended(dst, rest, e.scan.ends(rest)); size == 0 {
			size = e.scan.word(rest)
			dst = e.word(dst, rest[:size])
		}
		rest = rest[size:]
	}
	e.room -= len(dst) - len(e.dst)
	e.dst = dst
}

// ended appends the ids of the words with which text begins that end where bits of ends
// are set, and returns the length of all.
func (e *Encoder) ended(dst []int32, text []byte, ends uint64) (_ []int32, size int) {
	for {
		dst, size, ends = e.tokenizer.wholes.AppendIDs(dst, text[:cap(text)], size, ends)
		if ends == 0 {
			return dst, size
		}
		end := bits.TrailingZeros64(ends)
		dst = e.parts(dst, text[size:end])
		size, ends = end, ends&(ends-1)
	}
}

// word appends the ids of a word.
func (e *Encoder) word(dst []int32, word []byte) []int32 {
	if id, whole := e.tokenizer.wholes.ID(word); whole {
		return append(dst, id)
	}
	return e.parts(dst, word)
}

// parts appends the ids of a word that is not known as one piece.
func (e *Encoder) parts(dst []int32, word []byte) []int32 {
	if len(word) > cache.MaxBytes {
		return e.merge(dst, word)
	}
	dst, slot := e.cache.Append(dst, word)
	if slot == nil {
		return dst
	}
	from := len(dst)
	dst = e.merge(dst, word)
	e.cache.Put(slot, word, dst[from:])
	return dst
}

// merge appends the ids that merges make of a word's bytes.
func (e *Encoder) merge(dst []int32, word []byte) []int32 {
	e.bytes = e.bytes[:0]
	for _, b := range word {
		e.bytes = append(e.bytes, e.tokenizer.byteIDs[b])
	}
	return e.merger.Merge(dst, e.bytes)
}
