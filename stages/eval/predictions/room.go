package predictions

import (
	"runtime"
	"sync"

	"github.com/clinflow/clinflow/internal/memory"
)

// turn is held by who holds scores.
var turn sync.Mutex

// TakeRoom waits for its turn and takes all that the memory budget gives to scores, until
// it is left again: keys are measured one after the other.
func TakeRoom(budget *memory.Budget) (bytes int64, leave func()) {
	turn.Lock()
	share := budget.Share()
	return share.Bytes(), func() {
		share.Return()
		turn.Unlock()
	}
}

// CellBytes is what columns hold of an example and a class: a logit, a label and its
// place among the class's scores.
const CellBytes = 4 + 1 + 4

// workBytes is the most that it takes of memory to measure an example of a class, as
// many having it as not: its score of either kind, the order of both classes and the
// corners of its curve. So much as a quarter of the room for scores may go to it.
const (
	workBytes = 100
	workShare = 4
)

// Width is how many classes of the examples are in memory at a time.
func (e Examples) Width(room int64) int { return within(room/(CellBytes*int64(e.N)), e.Classes) }

// Workers is how many classes of the examples are measured side by side.
func (e Examples) Workers(room int64) int { return WorkersOf(room, workBytes*int64(e.N)) }

// WorkersOf is how many workers the room has that take so many bytes each.
func WorkersOf(room, bytes int64) int { return within(room/workShare/bytes, runtime.GOMAXPROCS(0)) }

// within is a number of things that fit, at least one and at most all.
func within(fit int64, all int) int { return int(max(1, min(fit, int64(all)))) }
