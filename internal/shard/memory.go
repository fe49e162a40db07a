package shard

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// budget is the memory that the data stages of the process may take.
var budget struct {
	bytes  atomic.Int64
	spills atomic.Int64 // open ones

	mu      sync.Mutex
	stages  int // at work
	percent int // of the collector before
	limit   int64
}

func init() { SetMemory(1 << 30) }

// spillShare is the part of the budget that rows may take: the rest is for what
// reads and writes them, for garbage and for the program itself.
const spillShare = 4

// SetMemory sets how many bytes the process may take while data stages run, 1 GiB
// by default. Rows that all Spills hold together before they write runs take a
// quarter of it; each open Spill has an equal share.
func SetMemory(bytes int64) { budget.bytes.Store(bytes) }

// share is what one Spill may hold now. It shrinks as others open: none waits
// for another to make room.
func share() int64 { return budget.bytes.Load() / spillShare / max(1, budget.spills.Load()) }

// workBytes is what a data stage takes beside its rows, garbage included. With less
// the collector runs often; more costs time too, for memory must come from somewhere.
const workBytes = 128 << 20

// Work begins a data stage and returns what ends it. Such a stage holds little
// beside its share of rows and throws much away: meanwhile the collector waits
// until the heap holds the rows' share and some garbage, rather than twice what is
// live. What was live before, such as a model in training, comes on top.
func Work() (done func()) {
	budget.mu.Lock()
	defer budget.mu.Unlock()
	if budget.stages++; budget.stages == 1 {
		budget.percent = debug.SetGCPercent(-1)
		budget.limit = debug.SetMemoryLimit(live() + budget.bytes.Load()/spillShare + workBytes)
	}
	return sync.OnceFunc(rest)
}

func rest() {
	budget.mu.Lock()
	defer budget.mu.Unlock()
	if budget.stages--; budget.stages == 0 {
		debug.SetMemoryLimit(budget.limit)
		debug.SetGCPercent(budget.percent)
	}
}

// live is what a collection leaves.
func live() int64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
