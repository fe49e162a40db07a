package sentencepiece

import (
	"math"

	"github.com/clinflow/clinflow/stages/tokenize/cache"
)

// Encoder turns text into ids. It keeps buffers and a cache of segments, so it
// belongs to one goroutine; encoders of one Model share it.
type Encoder struct {
	model      *Model
	cache      *cache.Cache // of segments, without those that words knows
	words      *shortWords  // of a plain model
	window     window       // of a plain model
	merger     merger
	normalizer normalizer
	step       int // bytes of text that are looked at at a time
}

// defaultStep is long enough that most texts of 128 ids take two or three steps.
const defaultStep = 256

// NewEncoder returns an encoder of the model.
func (m *Model) NewEncoder() *Encoder {
	e := &Encoder{
		model: m, cache: cache.New(), merger: merger{model: m, splits: map[int32]int{}},
		normalizer: normalizer{model: m}, step: defaultStep,
	}
	if m.plain {
		e.words = &shortWords{}
	}
	return e
}

// Encode appends the ids of text to dst, without BOS or EOS. Any bytes are
// text: those that are not UTF-8 count as U+FFFD. An empty text has no ids.
func (e *Encoder) Encode(dst []int32, text string) []int32 {
	return e.EncodeFirst(dst, text, math.MaxInt)
}

// EncodeFirst appends the first limit ids that Encode would append. The text
// after them is not looked at, but for a few hundred bytes.
func (e *Encoder) EncodeFirst(dst []int32, text string, limit int) []int32 {
	return e.encode(dst, text, limit, e.model.normalizer.addDummyPrefix)
}

// EncodeInside is EncodeFirst for text that does not stand at the beginning of
// another: no space is put before it.
func (e *Encoder) EncodeInside(dst []int32, text string, limit int) []int32 {
	return e.encode(dst, text, limit, false)
}

func (e *Encoder) encode(dst []int32, text string, limit int, prefix bool) []int32 {
	if e.model.plain {
		return e.encodePlain(dst, text, limit, prefix)
	}
	e.normalizer.begin(text, prefix)
	begin, done := len(dst), 0 // done: bytes of the normalised text that have their ids
	for len(dst)-begin < limit {
		segment := e.segment(done)
		if len(segment) == 0 {
			break
		}
		dst = e.encodeSegment(dst, begin, segment)
		done += len(segment)
	}
	if len(dst)-begin > limit {
		dst = dst[:begin+limit]
	}
	return dst
}

// segment returns the segment that begins at a byte of the normalised text, empty
// at its end. The text is normalised until the segment's end is found, each time
// by as much again, so that a long segment is not searched from its beginning
// more often than it doubles.
func (e *Encoder) segment(from int) []byte {
	for {
		known := e.normalizer.known()[from:]
		n := e.model.cuts.segment(known, e.normalizer.whole)
		if n > 0 || e.normalizer.whole {
			return known[:n]
		}
		e.normalizer.more(max(e.step, len(known)))
	}
}

func (e *Encoder) encodeSegment(dst []int32, begin int, segment []byte) []int32 {
	if len(segment) > cache.MaxBytes {
		return e.merge(dst, begin, segment)
	}
	slot := e.cache.Find(segment)
	if ids, ok := e.cache.At(slot); ok {
		return e.appendIDs(dst, begin, ids)
	}
	// Without what is already in dst, so that the cached ids do not depend on it.
	from := len(dst)
	dst = e.merge(dst, from, segment)
	e.cache.Put(slot, segment, dst[from:])
	return e.joinUnknown(dst, begin, from)
}

func (e *Encoder) appendIDs(dst []int32, begin int, ids []int32) []int32 {
	from := len(dst)
	return e.joinUnknown(append(dst, ids...), begin, from)
}

// joinUnknown drops the unknown piece at from where one stands before it: a run
// of unknown pieces is one.
func (e *Encoder) joinUnknown(dst []int32, begin, from int) []int32 {
	if from > begin && from < len(dst) && dst[from] == e.model.unk && dst[from-1] == e.model.unk {
		return append(dst[:from], dst[from+1:]...)
	}
	return dst
}

// merge appends the ids of one segment by byte-pair merging.
func (e *Encoder) merge(dst []int32, begin int, segment []byte) []int32 {
	if e.model.plain {
		segment = e.window.spelt(segment)
	}
	g := &e.merger
	g.run(segment)
	for i, p := range g.parts[:len(g.parts)-1] {
		dst = e.appendSymbol(dst, begin, g.text[p.start:], int(g.parts[i+1].start-p.start))
	}
	return dst
}

// appendSymbol appends the ids of the first size bytes of text.
func (e *Encoder) appendSymbol(dst []int32, begin int, text []byte, size int) []int32 {
	m := e.model
	p := m.lookup.find(text, size)
	switch {
	case !p.any() && m.trainer.byteFallback:
		return m.appendBytes(dst, text[:size])
	case !p.any():
		return e.joinUnknown(append(dst, m.unk), begin, len(dst))
	case m.pieces[p.id].Type == Unused:
		if left, split := e.merger.splits[p.id]; split {
			return e.appendSymbol(e.appendSymbol(dst, begin, text, left), begin, text[left:], size-left)
		}
	}
	return append(dst, p.id)
}

// appendBytes appends the byte pieces of a character.
func (m *Model) appendBytes(dst []int32, character []byte) []int32 {
	if m.plain && character[0] == ' ' {
		character = []byte(space)
	}
	for _, b := range character {
		dst = append(dst, m.byteIDs[b])
	}
	return dst
}
