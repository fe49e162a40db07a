package csvgz

import (
	"io"
	"sync/atomic"

	"github.com/clinflow/clinflow/internal/guard"
)

// A gzip file cannot be cut among workers, so that the longest file is where all
// others wait: with a second worker it is decompressed beside the parsing.
var beside atomic.Bool

// SetWorkers says how many workers the process has. Readers begun with two or more
// decompress ahead in a goroutine of their own.
func SetWorkers(n int) { beside.Store(n > 1) }

const (
	blockBytes = 256 << 10
	blocks     = 4
)

// ahead reads a few blocks in front of its reader.
type ahead struct {
	full    chan block
	free    chan []byte
	stop    chan struct{}
	current block
	rest    []byte // of the current block
}

// block is what was read and how the source then stood.
type block struct {
	data []byte
	err  error
}

func readBeside(r io.Reader) *ahead {
	a := &ahead{full: make(chan block, blocks), free: make(chan []byte, blocks), stop: make(chan struct{})}
	for range blocks {
		a.free <- make([]byte, blockBytes)
	}
	go a.fill(r)
	return a
}

// fill reads until the source ends or the reader was closed.
func (a *ahead) fill(r io.Reader) {
	defer close(a.full)
	for {
		select {
		case <-a.stop:
			return
		case data := <-a.free:
			var b block
			if err := guard.Do("decompress", func() error { b = readBlock(r, data); return nil }); err != nil {
				b = block{data[:0], err}
			}
			a.full <- b // there is room for all blocks
			if b.err != nil {
				return
			}
		}
	}
}

func readBlock(r io.Reader, data []byte) block {
	length := 0
	for length < len(data) {
		n, err := r.Read(data[length:])
		length += n
		if err != nil {
			return block{data[:length], err}
		}
	}
	return block{data, nil}
}

// Read hands out the blocks.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.current.err != nil {
			return 0, a.current.err
		}
		if a.current.data != nil {
			a.free <- a.current.data[:blockBytes]
		}
		a.current = <-a.full
		a.rest = a.current.data
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

func (a *ahead) close() { close(a.stop) }
