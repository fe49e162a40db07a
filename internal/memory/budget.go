// Package memory divides what memory a process may take among those who hold rows,
// and lets Go's collector make use of it.
package memory

import "sync/atomic"

// DefaultBytes is what a process may take where nothing else is said.
const DefaultBytes = 1 << 30

// rowsShare is the part of a budget that rows may take: the rest is for what reads
// and writes them, for garbage and for the program itself.
const rowsShare = 4

// Budget is how many bytes data stages may take while they run. The rows that they
// hold take a quarter of it. It is safe for concurrent use.
type Budget struct {
	bytes   int64
	shares  atomic.Int64 // lent ones
	settled atomic.Int64 // bytes of rows that shares have settled for
}

// New is a budget of so many bytes.
func New(bytes int64) *Budget { return &Budget{bytes: bytes} }

// Bytes is the whole budget.
func (b *Budget) Bytes() int64 { return b.bytes }

// Rows is what rows may take together, in bytes.
func (b *Budget) Rows() int64 { return b.bytes / rowsShare }

// Share lends a part of what rows may take; it must be given back by Return. A nil
// Budget lends from one of DefaultBytes that is made for the purpose.
func (b *Budget) Share() *Share {
	if b == nil {
		b = New(DefaultBytes)
	}
	b.shares.Add(1)
	return &Share{budget: b}
}

// Share is an equal part of what rows may take.
type Share struct {
	budget   *Budget
	settled  *int64 // nil: an equal part
	returned atomic.Bool
}

// Bytes is what the holder may take now. It shrinks as other shares are lent: none
// waits for another to make room.
func (s *Share) Bytes() int64 {
	return (s.budget.Rows() - s.budget.settled.Load()) / max(1, s.budget.shares.Load())
}

// Settle makes the share one of so many bytes, whatever others are lent: the holder
// takes no more rows, and the rest is for others. All shares together may settle for half
// of what rows may take; ok is false, and nothing has changed, where there is no room.
func (s *Share) Settle(bytes int64) (ok bool) {
	b := s.budget
	if b.settled.Add(bytes) > b.Rows()/2 {
		b.settled.Add(-bytes)
		return false
	}
	s.settled = &bytes
	b.shares.Add(-1)
	return true
}

// Return gives the share back. The second time it does nothing.
func (s *Share) Return() {
	switch {
	case s.returned.Swap(true):
	case s.settled != nil:
		s.budget.settled.Add(-*s.settled)
	default:
		s.budget.shares.Add(-1)
	}
}
