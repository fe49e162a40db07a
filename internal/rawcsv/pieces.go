package rawcsv

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// piece is a part of a packed file that is decompressed by itself.
type piece struct {
	packed, text []byte
	gzip         *gzip.Reader
}

var (
	errCorrupt = errors.New("corrupt")
	// errUncut says that what follows is not cut into pieces, or not into small ones.
	errUncut = errors.New("not cut into pieces")
)

// cutting is how a packed file is cut into pieces and decompressed.
type cutting struct {
	next   func(*piece) error            // fills in what is packed; io.EOF and errUncut end it
	unpack func(*piece) error            // on any goroutine
	rest   func() (io.ReadCloser, error) // decompresses what follows errUncut
}

// pieces is the text of a file that is cut into pieces.
type pieces struct {
	cutting
	next  func() (*piece, error)
	stop  func()
	text  []byte        // that was not read yet
	uncut io.ReadCloser // what follows the pieces, once they are read
}

// openPieces decompresses on so many workers, with so many pieces in memory at once.
func openPieces(place string, workers, ahead int, c cutting) *pieces {
	if workers <= 1 {
		var p piece
		return &pieces{cutting: c, stop: func() {}, next: func() (*piece, error) {
			if err := c.next(&p); err != nil {
				return nil, err
			}
			return &p, c.unpack(&p)
		}}
	}
	l := openLanes(place, workers, ahead, c.next, c.unpack)
	return &pieces{cutting: c, next: l.next, stop: l.close}
}

// Read implements io.Reader.
func (p *pieces) Read(to []byte) (int, error) {
	for len(p.text) == 0 {
		if p.uncut != nil {
			return p.uncut.Read(to)
		}
		if err := p.advance(); err != nil {
			return 0, err
		}
	}
	n := copy(to, p.text)
	p.text = p.text[n:]
	return n, nil
}

// advance goes to the next piece, or to what follows them.
func (p *pieces) advance() error {
	piece, err := p.next()
	switch {
	case errors.Is(err, errUncut):
		uncut, err := p.rest()
		if err == nil {
			p.uncut = uncut
		}
		return err
	case err == nil:
		p.text = piece.text
	}
	return err
}

// Close implements io.Closer.
func (p *pieces) Close() error {
	p.stop()
	if p.uncut != nil {
		return p.uncut.Close()
	}
	return nil
}

// append reads so many bytes of what is packed.
func (p *piece) append(in io.Reader, n int) error {
	from := len(p.packed)
	p.packed = append(p.packed, make([]byte, n)...)
	_, err := io.ReadFull(in, p.packed[from:])
	return tooEarly(err)
}

// tooEarly is the error of a file whose end is no place to end at.
func tooEarly(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// inflate decompresses a gzip member of so many bytes of text.
func (p *piece) inflate(size int) (err error) {
	member := bytes.NewReader(p.packed)
	if p.gzip == nil {
		p.gzip, err = gzip.NewReader(member)
	} else {
		err = p.gzip.Reset(member)
	}
	if err != nil {
		return errCorrupt
	}
	p.text = append(p.text[:0], make([]byte, size)...)
	if _, err := io.ReadFull(p.gzip, p.text); err != nil {
		return errCorrupt
	}
	if n, err := p.gzip.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return errCorrupt
	}
	return nil
}
