package dataset

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
	spills atomic.Int64 // open ones, and Rooms

	mu       sync.Mutex
	stages   int   // at work
	percent  int   // of the collector before
	limit    int64 // of Go's memory before
	watching bool  // collections
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

// Room lends a Spill's share of the budget to who holds rows without one, until done.
func Room() (bytes int64, done func()) {
	budget.spills.Add(1)
	return share(), sync.OnceFunc(func() { budget.spills.Add(-1) })
}

// workBytes is what a data stage takes beside its rows, garbage included. It is so
// little that the shortest table fills it: the process then takes as much for a
// thousand notes as for a million.
const workBytes = 64 << 20

// Work begins a data stage and returns what ends it. Such a stage holds little
// beside its share of rows and throws much away: meanwhile the collector waits until
// Go's memory is that share and some garbage, however little of it is live.
func Work() (done func()) {
	budget.mu.Lock()
	defer budget.mu.Unlock()
	if budget.stages++; budget.stages == 1 {
		runtime.GC() // what was thrown away before is not this stage's
		budget.percent, budget.limit = debug.SetGCPercent(-1), debug.SetMemoryLimit(-1)
		debug.SetMemoryLimit(room())
		watch()
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
			debug.SetMemoryLimit(room())
			watch()
		}
	}, struct{}{})
}

// room is the memory limit for now. A heap that holds much, such as the weights of a
// model in training, gets three quarters on top of what is live: under a fixed limit
// it would be collected all the time. A lower limit of the user's stands.
func room() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	live := int64(sample[0].Value.Uint64())
	return min(budget.limit, max(rowsBytes()+workBytes, live+live*3/4))
}
