package memory

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

var thrown []byte

// collections counts those while so many MiB are thrown away, no faster than a
// collector finds time for its work on a busy machine.
func collections(mib int) uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range mib {
		thrown = make([]byte, 1<<20)
		time.Sleep(100 * time.Microsecond)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

// A data stage waits for its whole share, again after each collection; what holds
// more than that waits for half of it.
func TestDataStagesWaitToCollect(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	limit := debug.SetMemoryLimit(-1)
	budget := New(64 << 20 * rowsShare)
	first, second := budget.Work(), budget.Work()
	if n := collections(600); n < 3 || n > 10 {
		t.Errorf("%d collections in 600 MiB; each is due at %d MiB", n, (budget.Rows()+workBytes)>>20)
	}
	held := make([]byte, 400<<20)
	runtime.GC()
	if n := collections(500); n < 1 || n > 5 {
		t.Errorf("%d collections in 500 MiB beside 400 that stay", n)
	}
	runtime.KeepAlive(held)
	first()
	first()
	if debug.SetMemoryLimit(-1) == limit {
		t.Error("ended while a stage was at work")
	}
	second()
	if percent, held := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); percent != 100 || held != limit {
		t.Errorf("left the collector at %d and a limit of %d", percent, held)
	}
}
