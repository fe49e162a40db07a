package shard

import (
	"runtime/debug"
	"testing"
)

// TestTheCollectorIsAsBeforeWhenNoStageWorks: whoever begins and ends first.
func TestTheCollectorIsAsBeforeWhenNoStageWorks(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(70))
	limit := debug.SetMemoryLimit(-1)
	first, second := Work(), Work()
	rows := budget.bytes.Load() / spillShare
	if held := debug.SetMemoryLimit(-1); held < rows+workBytes || held > rows+2*workBytes {
		t.Errorf("while stages work the limit is %d, with %d for rows", held, rows)
	}
	first()
	first()
	if held := debug.SetMemoryLimit(-1); held == limit {
		t.Error("a stage still works, and its limit is gone")
	}
	second()
	if percent, held := debug.SetGCPercent(70), debug.SetMemoryLimit(-1); percent != 70 || held != limit {
		t.Errorf("after the stages percent %d and limit %d, before 70 and %d", percent, held, limit)
	}
}
