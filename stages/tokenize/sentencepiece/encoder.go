package sentencepiece

import "math"

// Encoder turns text into ids. It keeps buffers and a cache of segments, so it
// belongs to one goroutine; encoders of one Model share it.
type Encoder struct {
	model  *Model
	cache  *cache
	merger merger
	raw    []byte
	text   []byte // normalised
}

// NewEncoder returns an encoder of the model.
func (m *Model) NewEncoder() *Encoder {
	return &Encoder{model: m, cache: newCache(), merger: merger{model: m, splits: map[int32]int{}}}
}

// Encode appends the ids of text to dst, without BOS or EOS. Any bytes are
// text: those that are not UTF-8 count as U+FFFD. An empty text has no ids.
func (e *Encoder) Encode(dst []int32, text string) []int32 {
	return e.EncodeFirst(dst, text, math.MaxInt)
}

// EncodeFirst appends the first limit ids that Encode would append, without
// working on the text after them.
func (e *Encoder) EncodeFirst(dst []int32, text string, limit int) []int32 {
	return e.encode(dst, text, limit, e.model.normalizer.addDummyPrefix)
}

// EncodeInside is EncodeFirst for text that does not stand at the beginning of
// another: no space is put before it.
func (e *Encoder) EncodeInside(dst []int32, text string, limit int) []int32 {
	return e.encode(dst, text, limit, false)
}

func (e *Encoder) encode(dst []int32, text string, limit int, prefix bool) []int32 {
	e.raw = append(e.raw[:0], text...)
	e.text = e.model.normalize(e.text[:0], e.raw, prefix)
	begin := len(dst)
	for rest := e.text; len(rest) > 0 && len(dst)-begin < limit; {
		n := e.model.cuts.segment(rest)
		dst = e.encodeSegment(dst, begin, rest[:n])
		rest = rest[n:]
	}
	if len(dst)-begin > limit {
		dst = dst[:begin+limit]
	}
	return dst
}

func (e *Encoder) encodeSegment(dst []int32, begin int, segment []byte) []int32 {
	if len(segment) > maxCachedBytes {
		return e.merge(dst, begin, segment)
	}
	slot := e.cache.find(segment)
	if ids, ok := e.cache.at(slot); ok {
		return e.appendIDs(dst, begin, ids)
	}
	// Without what is already in dst, so that the cached ids do not depend on it.
	from := len(dst)
	dst = e.merge(dst, from, segment)
	e.cache.put(slot, segment, dst[from:])
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
	g := &e.merger
	g.run(segment)
	for i := 0; i >= 0; i = g.symbols[i].next {
		s := g.symbols[i]
		dst = e.appendSymbol(dst, begin, segment[s.start:s.start+s.size])
	}
	return dst
}

func (e *Encoder) appendSymbol(dst []int32, begin int, text []byte) []int32 {
	m := e.model
	id, ok := m.ids[string(text)]
	switch {
	case !ok && m.trainer.byteFallback:
		for _, b := range text {
			dst = append(dst, m.byteIDs[b])
		}
		return dst
	case !ok:
		return e.joinUnknown(append(dst, m.unk), begin, len(dst))
	case m.pieces[id].Type == Unused:
		if left, split := e.merger.splits[id]; split {
			return e.appendSymbol(e.appendSymbol(dst, begin, text[:left]), begin, text[left:])
		}
	}
	return append(dst, id)
}
