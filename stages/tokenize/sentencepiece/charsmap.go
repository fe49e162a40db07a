package sentencepiece

import (
	"encoding/binary"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// charsmap is a precompiled normalisation rule: a double-array trie of source
// strings whose leaves hold offsets of NUL-terminated replacements. The layout
// is that of NormalizerSpec.precompiled_charsmap: the trie's size in bytes
// (uint32, little endian), its units, the replacements. The units are
// darts-clone's (https://github.com/s-yata/darts-clone).
type charsmap struct {
	units        []uint32
	replacements string
}

// maxMatches is how many matches of one position the reference looks at.
const maxMatches = 32

// newCharsmap returns nil for an empty rule, which changes nothing.
func newCharsmap(blob []byte) (*charsmap, error) {
	if len(blob) == 0 {
		return nil, nil
	}
	if len(blob) <= 4 {
		return nil, charsmapError("shorter than its header")
	}
	size := binary.LittleEndian.Uint32(blob)
	if uint64(size) >= uint64(len(blob)) || size == 0 || size%4 != 0 || uint64(len(blob)-4) < uint64(size) {
		return nil, charsmapError("a trie of %d bytes in %d", size, len(blob))
	}
	c := &charsmap{units: make([]uint32, size/4), replacements: string(blob[4+size:])}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(blob[4+4*i:])
	}
	return c, nil
}

func charsmapError(format string, args ...any) error {
	return exit.Errorf(exit.BadData, "tokenizer model: normalisation rule: "+format+"; fetch the file again", args...)
}

// match finds the longest source string that text begins with: its length and
// its replacement. Length 0 means none.
func (c *charsmap) match(text string) (length int, replacement string) {
	value, matches := uint32(0), 0
	node := offset(c.units[0])
	for i := range len(text) {
		b := text[i]
		node ^= uint32(b)
		if node >= uint32(len(c.units)) || label(c.units[node]) != uint32(b) {
			break
		}
		unit := c.units[node]
		node ^= offset(unit)
		if !hasLeaf(unit) {
			continue
		}
		if node >= uint32(len(c.units)) || matches == maxMatches {
			break
		}
		length, value, matches = i+1, c.units[node]&(1<<31-1), matches+1
	}
	if length == 0 || int(value) > len(c.replacements) {
		return 0, ""
	}
	replacement, _, _ = strings.Cut(c.replacements[value:], "\x00")
	return length, replacement
}

// A unit's bits: 31 leaf mark or part of the label, 10 to 30 offset, 9 offset
// shifted by 8, 8 has a leaf child, 0 to 7 label; a leaf holds its value in
// bits 0 to 30.
func hasLeaf(unit uint32) bool  { return unit>>8&1 == 1 }
func label(unit uint32) uint32  { return unit & (1<<31 | 0xff) }
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
