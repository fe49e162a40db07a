package extsort

// textMemory holds the text of rows, one behind the other, in chunks that are used again
// after each flush: what a Spill takes of a file would else be garbage, all of it.
type textMemory struct {
	filling    []byte // chunk that has room
	full, free [][]byte
}

// chunkBytes is little beside the least budget, and holds many notes.
const chunkBytes = 256 << 10

// room is memory for so much text, of no length yet.
func (m *textMemory) room(size int) []byte {
	if cap(m.filling)-len(m.filling) < size {
		m.full = append(m.full, m.filling)
		m.filling = m.chunk(size)
	}
	return m.filling[len(m.filling):]
}

// take keeps what was appended to room.
func (m *textMemory) take(text []byte) { m.filling = m.filling[:len(m.filling)+len(text)] }

func (m *textMemory) chunk(size int) []byte {
	last := len(m.free) - 1
	if size > chunkBytes || last < 0 {
		return make([]byte, 0, max(size, chunkBytes))
	}
	chunk := m.free[last]
	m.free = m.free[:last]
	return chunk
}

// reset lets go of all text, and keeps so many bytes to be filled again.
func (m *textMemory) reset(bytes int64) {
	for _, chunk := range append(m.full, m.filling) {
		if cap(chunk) == chunkBytes {
			m.free = append(m.free, chunk[:0])
		}
	}
	m.free = m.free[:min(int64(len(m.free)), bytes/chunkBytes)]
	m.full, m.filling = nil, nil
}
