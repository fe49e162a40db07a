package memory

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// collector is how Go's collector is steered while data stages are at work. A
// process has one collector, whatever budgets it has.
var collector struct {
	sync.Mutex
	work     map[*Budget]int // stages at work, by their budget
	percent  int             // GOGC before
	limit    int64           // Go's memory limit before, in bytes
	watching bool            // collections
}

// workBytes is what a data stage takes beside its rows, garbage included. It is so
// little that the shortest table fills it: the process then takes as much for a
// thousand notes as for a million.
const workBytes = 64 << 20

// Work begins a data stage and returns what ends it. Such a stage holds little
// beside its share of rows and throws much away: meanwhile the collector waits until
// Go's memory is that share and some garbage, however little of it is live.
func (b *Budget) Work() (done func()) {
	collector.Lock()
	defer collector.Unlock()
	if len(collector.work) == 0 {
		runtime.GC() // what was thrown away before is not this stage's
		collector.percent, collector.limit = debug.SetGCPercent(-1), debug.SetMemoryLimit(-1)
		collector.work = map[*Budget]int{}
	}
	collector.work[b]++
	debug.SetMemoryLimit(room())
	watch()
	return sync.OnceFunc(b.rest)
}

func (b *Budget) rest() {
	collector.Lock()
	defer collector.Unlock()
	if collector.work[b]--; collector.work[b] == 0 {
		delete(collector.work, b)
	}
	if len(collector.work) == 0 {
		debug.SetMemoryLimit(collector.limit)
		debug.SetGCPercent(collector.percent)
	}
}

// watch lets each collection set when the next is due, while stages are at work: a
// cleanup runs after every one.
func watch() {
	if collector.watching {
		return
	}
	collector.watching = true
	runtime.AddCleanup(&struct{ *int }{}, func(struct{}) {
		collector.Lock()
		defer collector.Unlock()
		collector.watching = false
		if len(collector.work) > 0 {
			debug.SetMemoryLimit(room())
			watch()
		}
	}, struct{}{})
}

// room is the memory limit for now, in bytes. A heap that holds much, such as the
// weights of a model in training, gets three quarters on top of what is live: under a
// fixed limit it would be collected all the time. A lower limit of the user's stands.
func room() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	live := int64(sample[0].Value.Uint64())
	var rows int64
	for budget := range collector.work {
		rows = max(rows, budget.Rows())
	}
	return min(collector.limit, max(rows+workBytes, live+live*3/4))
}
