//go:build !amd64

package bytebpe

// take sets the rows of the bytes.
func (r *rows) take(text *[rowBytes]byte) { r.takeEach(text) }
