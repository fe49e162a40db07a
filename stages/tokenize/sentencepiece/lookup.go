package sentencepiece

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/clinflow/clinflow/stages/tokenize/cache"
)

// lookup finds pieces by their text, as it stands in the text that is merged: in a plain
// model (see Model.plain) with a blank for U+2581. It is asked for every pair of
// neighbours of every new word.
type lookup struct {
	twos    [utf8.RuneSelf * utf8.RuneSelf]found // of two ASCII characters, which every word begins with
	entries []entry                              // of all other short ones, at most half of them taken
	shift   int                                  // of a hash: its upper bits choose the entry
	long    map[string]found
}

type entry struct {
	key cache.Key
	found
}

// found is a piece, or none.
type found struct {
	rank uint32 // of merges, by rankOf
	id   int32
}

func (p found) any() bool { return p.rank != 0 }

func newLookup(pieces []Piece, plain bool) *lookup {
	size := bits.Len(uint(2*len(pieces) + 1))
	l := &lookup{entries: make([]entry, 1<<size), shift: 64 - size, long: map[string]found{}}
	for id, p := range pieces {
		if !p.Type.inText() || plain && strings.Contains(p.Text, " ") { // no normalised text holds a blank
			continue
		}
		text := p.Text
		if plain {
			text = strings.ReplaceAll(text, space, " ")
		}
		l.add(text, found{rankOf(p.Score), int32(id)})
	}
	return l
}

func (l *lookup) add(text string, p found) {
	var padded [cache.KeyBytes]byte
	copy(padded[:], text)
	switch {
	case len(text) > cache.ShortBytes:
		l.long[text] = p
	case isTwo(padded[:], len(text)):
		l.twos[placeOfTwo(padded[:])] = p
	default:
		k := cache.KeyOf(&padded, len(text))
		*l.slot(k) = entry{k, p}
	}
}

// find finds the piece of the first size bytes of text, which has cache.KeyBytes more.
func (l *lookup) find(text []byte, size int) found {
	if isTwo(text, size) {
		return l.twos[placeOfTwo(text)]
	}
	if size > cache.ShortBytes {
		return l.long[string(text[:size])]
	}
	return l.slot(cache.KeyOf((*[cache.KeyBytes]byte)(text), size)).found
}

func isTwo(text []byte, size int) bool { return size == 2 && (text[0]|text[1])&0x80 == 0 }

func placeOfTwo(text []byte) int { return int(text[0]&0x7f)<<7 | int(text[1]&0x7f) }

// slot is where a key is, or the free slot where it belongs.
func (l *lookup) slot(k cache.Key) *entry {
	mask := uint64(len(l.entries) - 1)
	for i := k.Hash() >> l.shift; ; i = (i + 1) & mask {
		if e := &l.entries[i&mask]; e.key.Is(k) || e.key == (cache.Key{}) {
			return e
		}
	}
}
