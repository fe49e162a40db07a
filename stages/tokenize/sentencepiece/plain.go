package sentencepiece

import (
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/clinflow/clinflow/stages/tokenize/cache"
)

// Text of a plain model, as LLaMA's is, need not be normalised before it is cut: only
// spaces become U+2581 and bytes that are not UTF-8 U+FFFD, which the cuts heed. Merging
// takes a blank for U+2581.
func (m *Model) isPlain() bool {
	n := &m.normalizer
	return len(n.charsmap) == 0 && !m.userPieces.any && !n.removeExtraWhitespaces && n.escapeWhitespaces &&
		!m.trainer.whitespaceAsSuffix && m.trainer.byteFallback
}

// encodePlain is encode for a plain model.
func (e *Encoder) encodePlain(dst []int32, text string, limit int, prefix bool) []int32 {
	end := len(dst) + min(limit, math.MaxInt-len(dst))
	e.window.begin(text, prefix)
	for e.window.rest != "" && len(dst) < end {
		e.window.next(e.step)
		dst = e.encodeWindow(dst, end)
	}
	return dst[:min(len(dst), end)]
}

// encodeWindow appends the ids of the window's segments, or of as many as reach end.
// Where the window is not the last its last segment is left, which may go on.
func (e *Encoder) encodeWindow(dst []int32, end int) []int32 {
	w, last := &e.window, e.window.rest == ""
	for ; len(dst) < end; w.from += blockCuts {
		behind := w.size - 1 - w.from // bytes behind which another follows
		if behind < 0 || behind == 0 && !last {
			break
		}
		mask := e.model.cuts.mask(w.text[w.from:])
		if behind < blockCuts {
			mask &= 1<<behind - 1
			if last {
				mask |= 1 << behind
			}
		}
		dst = e.encodeCut(dst, mask)
		if behind < blockCuts {
			w.from = w.size - 1
			break
		}
	}
	return dst
}

// encodeCut appends the ids of the segments that end behind the bytes of a mask, whose
// first bit is that of the byte at w.from.
func (e *Encoder) encodeCut(dst []int32, mask uint64) []int32 {
	text, from, start := e.window.text, e.window.from, e.window.start
	n, dst := len(dst), withRoom(dst)
	for ; mask != 0; mask &= mask - 1 {
		stop := from + bits.TrailingZeros64(mask) + 1
		if size := stop - start; size <= cache.ShortBytes {
			k := cache.KeyOf((*[cache.KeyBytes]byte)(text[start:]), size)
			if s := e.words.at(k); s.key.Is(k) && s.count <= wordIDs {
				*(*[wordIDs]int32)(dst[n:]) = s.ids
				n, start = n+int(s.count), stop
				continue
			}
		}
		dst = e.encodeOther(dst[:n], text[start:stop])
		n, dst, start = len(dst), withRoom(dst), stop
	}
	e.window.start = start
	return dst[:n]
}

// withRoom has room behind dst for the ids of as many short words as end in a block.
func withRoom(dst []int32) []int32 {
	dst = slices.Grow(dst, blockCuts*wordIDs)
	return dst[:cap(dst)]
}

// encodeOther appends the ids of a segment that is not where it is looked for first.
func (e *Encoder) encodeOther(dst []int32, segment []byte) []int32 {
	if len(segment) > cache.ShortBytes {
		return e.encodeSegment(dst, len(dst), segment)
	}
	k := cache.KeyOf((*[cache.KeyBytes]byte)(segment[:cache.KeyBytes]), len(segment))
	s := e.words.find(k)
	if s.key.Is(k) {
		return append(dst, e.words.idsOf(s)...)
	}
	from := len(dst)
	dst = e.merge(dst, from, segment)
	e.words.put(s, k, dst[from:])
	return dst
}

// spelt is a segment as merging takes it.
func (w *window) spelt(segment []byte) []byte {
	if !slices.ContainsFunc(segment, func(b byte) bool { return b >= utf8.RuneSelf }) {
		return segment
	}
	w.word = w.word[:0]
	for len(segment) > 0 {
		r, size := utf8.DecodeRune(segment)
		if r == '▁' {
			r = ' '
		}
		w.word, segment = utf8.AppendRune(w.word, r), segment[size:]
	}
	return w.word
}

// window is the stretch of a text that is looked at.
type window struct {
	text  []byte // and some bytes behind it, which are read along
	size  int
	rest  string // of the text, behind the window
	start int    // of the segment that is not whole yet
	from  int    // behind the bytes before it was looked for cuts
	word  []byte // a segment, spelt
}

// begin takes a new text. prefix: a blank comes before it, unless it is empty.
func (w *window) begin(text string, prefix bool) {
	w.rest, w.size, w.start, w.from = text, 0, 0, 0
	if prefix && text != "" {
		w.text, w.size = append(w.text[:0], ' '), 1
	}
}

// next moves the window on by step bytes, or by as many as the segment has that it begins
// with: a long one is not moved more often than it doubles.
func (w *window) next(step int) {
	begun := w.text[w.start:w.size]
	taken := min(len(w.rest), max(step, len(begun)))
	w.text = append(append(w.text[:0], begun...), w.rest[:taken]...)
	w.size, w.from, w.start = len(w.text), w.from-w.start, 0
	w.text, w.rest = append(w.text, make([]byte, blockCuts+cache.KeyBytes)...), w.rest[taken:]
}
