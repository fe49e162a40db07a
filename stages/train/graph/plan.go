package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// place is where a node lives in the workspace, in elements.
type place struct {
	offset int
	buf    kernel.Buffer
}

// align keeps every place at a multiple of 256 bytes, for any float type: the
// products of a GPU are fastest there.
const align = 128

// plan gives every node a place such that nodes alive at the same time do not
// overlap, and returns the sizes needed. The ops run in their order, so a node
// lives from the op that writes it to the last that reads it.
func plan(ops []*op) (sizes [2]int) {
	last := lastReads(ops)
	var m [2]memory
	for i, o := range ops {
		if in := o.inplace; in != nil && !in.output && last[in] == i && reads(o, in) == 1 && in.rows*in.cols == o.out.rows*o.out.cols {
			o.out.place.offset = in.place.offset
			last[in] = -1 // handed over: not to be released below
		} else if o.out != nil {
			o.out.place.offset = m[o.out.part()].take(o.out.rows * o.out.cols)
		}
		for _, s := range o.side {
			s.place.offset = m[s.part()].take(s.rows * s.cols)
		}
		for _, n := range append(o.written(), o.reads...) {
			if last[n] == i {
				m[n.part()].give(n.place.offset, n.rows*n.cols)
				last[n] = -1
			}
		}
	}
	return [2]int{m[0].top, m[1].top}
}

// lastReads gives the last op that needs each node; len(ops) for outputs.
func lastReads(ops []*op) map[*Node]int {
	last := map[*Node]int{}
	for i, o := range ops {
		for _, n := range o.written() {
			last[n] = i
			if n.output {
				last[n] = len(ops)
			}
		}
		for _, n := range o.reads {
			last[n] = max(last[n], i)
		}
	}
	return last
}

func (o *op) written() []*Node {
	if o.out == nil {
		return o.side
	}
	return append([]*Node{o.out}, o.side...)
}

func reads(o *op, n *Node) (count int) {
	for _, r := range o.reads {
		if r == n {
			count++
		}
	}
	return count
}

// memory hands out ranges of a line that grows as needed.
type memory struct {
	free []span // in order of offset, never adjacent
	top  int
}

type span struct{ offset, size int }

func rounded(n int) int { return (n + align - 1) / align * align }

// take returns the smallest free range that fits.
func (m *memory) take(n int) int {
	n = rounded(n)
	best := -1
	for i, s := range m.free {
		if s.size >= n && (best < 0 || s.size < m.free[best].size) {
			best = i
		}
	}
	if best < 0 {
		return m.grow(n)
	}
	s := &m.free[best]
	offset := s.offset
	s.offset, s.size = s.offset+n, s.size-n
	if s.size == 0 {
		m.free = append(m.free[:best], m.free[best+1:]...)
	}
	return offset
}

// grow extends the line, starting in a free range at its end if there is one.
func (m *memory) grow(n int) int {
	offset := m.top
	if k := len(m.free) - 1; k >= 0 && m.free[k].offset+m.free[k].size == m.top {
		offset = m.free[k].offset
		m.free = m.free[:k]
	}
	m.top = offset + n
	return offset
}

// give returns a range, joining it with its free neighbours.
func (m *memory) give(offset, n int) {
	s := span{offset, rounded(n)}
	i := 0
	for i < len(m.free) && m.free[i].offset < offset {
		i++
	}
	m.free = append(m.free[:i], append([]span{s}, m.free[i:]...)...)
	if i+1 < len(m.free) && s.offset+s.size == m.free[i+1].offset {
		m.free[i].size += m.free[i+1].size
		m.free = append(m.free[:i+1], m.free[i+2:]...)
	}
	if i > 0 && m.free[i-1].offset+m.free[i-1].size == m.free[i].offset {
		m.free[i-1].size += m.free[i].size
		m.free = append(m.free[:i], m.free[i+1:]...)
	}
}
