package graph

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// workspace is the memory of all graphs over one Params, which run one at a
// time: a part of the backend's Float type and one of its Master type.
type workspace struct {
	backend    kernel.Backend
	parts      [2]kernel.Buffer
	generation int // counts the times a part moved
}

// part is where n lives.
func (n *Node) part() int {
	if n.precise {
		return 1
	}
	return 0
}

func (w *workspace) reserve(sizes [2]int) error {
	for i, d := range []kernel.DType{w.backend.Float(), w.backend.Master()} {
		if w.parts[i] != nil && w.parts[i].Len() >= sizes[i] {
			continue
		}
		w.freePart(i)
		buf, err := w.backend.Alloc(d, sizes[i])
		if err != nil {
			return fmt.Errorf("workspace of %d elements: %w", sizes[i], err)
		}
		w.parts[i] = buf
		w.generation++
	}
	return nil
}

func (w *workspace) free() {
	for i := range w.parts {
		w.freePart(i)
	}
}

func (w *workspace) freePart(i int) {
	if w.parts[i] != nil {
		w.backend.Free(w.parts[i])
	}
	w.parts[i] = nil
}
