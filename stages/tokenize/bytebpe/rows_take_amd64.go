package bytebpe

import "golang.org/x/sys/cpu"

// take sets the rows of the bytes.
func (r *rows) take(text *[rowBytes]byte) {
	if cpu.X86.HasAVX2 {
		rowsAVX2((*[8]uint64)(r), text, &rowHalves)
		return
	}
	r.takeEach(text)
}
