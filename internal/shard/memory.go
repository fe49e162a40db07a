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

	mu       sync.Mutex
	stages   int  // at work
	percent  int  // of the collector before
	watching bool // collections
}

func init() { SetMemory(1 << 30) }

// spillShare is the part of the budget that rows may take: the rest is for what
// reads and writes them, for garbage and for the program itself.
const spillShare = 4

// SetMemory sets how many bytes the process may take while data stages run, 1 GiB
// by default. Rows that all Spills hold together before they write runs take a
// quarter of it; each open Spill has an equal share.
func SetMemory(bytes int64) { budget.bytes.Store(bytes) }

// rowsBytes is what all Spills may hold together.
func rowsBytes() int64 { return budget.bytes.Load() / spillShare }

// share is what one Spill may hold now. It shrinks as others open: none waits
// for another to make room.
func share() int64 { return rowsBytes() / max(1, budget.spills.Load()) }

// workBytes is what a data stage takes beside its rows, garbage included. With less
// the collector runs often; more costs time too, for memory must come from somewhere.
const workBytes = 96 << 20

// Work begins a data stage and returns what ends it. Such a stage holds little
// beside its share of rows and throws much away: meanwhile the heap may grow to that
// share and some garbage before it is collected, however little of it is live.
func Work() (done func()) {
	budget.mu.Lock()
	defer budget.mu.Unlock()
	if budget.stages++; budget.stages == 1 {
		runtime.GC() // what was thrown away before is not this stage's
		budget.percent = debug.SetGCPercent(patience())
		watch()
	}
	return sync.OnceFunc(rest)
}

func rest() {
	budget.mu.Lock()
	defer budget.mu.Unlock()
	if budget.stages--; budget.stages == 0 {
		debug.SetGCPercent(budget.percent)
	}
}

// watch lets each collection set when the next is due, while stages are at work: a
// cleanup runs after every one.
func watch() {
	if budget.watching {
		return
	}
	budget.watching = true
	runtime.AddCleanup(&struct{ *int }{}, func(struct{}) {
		budget.mu.Lock()
		defer budget.mu.Unlock()
		budget.watching = false
		if budget.stages > 0 {
			debug.SetGCPercent(patience())
			watch()
		}
	}, struct{}{})
}

// leastPatience is for a heap that holds much, such as a model's weights: to wait for
// a fixed size would be to collect all the time.
const leastPatience = 50

// patience is the collector's percentage at which the heap grows to the stages' size:
// it collects at live + (live + roots) · percentage / 100 bytes
// (https://go.dev/doc/gc-guide#GOGC).
func patience() int {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(samples)
	live := int64(samples[0].Value.Uint64())
	scanned := live + int64(samples[1].Value.Uint64()+samples[2].Value.Uint64())
	return int(max(leastPatience, 100*(rowsBytes()+workBytes-live)/max(1, scanned)))
}
