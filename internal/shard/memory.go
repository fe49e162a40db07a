package shard

import "sync/atomic"

// budget is the memory that all spills of the process share.
var budget struct {
	bytes  atomic.Int64
	spills atomic.Int64 // open ones
}

func init() { budget.bytes.Store(1 << 30) }

// SetMemory sets how many bytes of rows all Spills of the process hold together
// before they write runs, 1 GiB by default. Each open Spill has an equal share.
// Go's heap may grow to about twice that between collections.
func SetMemory(bytes int64) { budget.bytes.Store(bytes) }

// share is what one Spill may hold now. It shrinks as others open: none waits
// for another to make room.
func share() int64 { return budget.bytes.Load() / max(1, budget.spills.Load()) }
