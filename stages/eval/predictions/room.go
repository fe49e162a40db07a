package predictions

import (
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

// WorkBytes is the most that it takes of memory to measure an example of a class, as
// many having it as not: its score of either kind, the order of both classes and the
// corners of its curve. So much as one of WorkShare
// parts of the room for scores may go to it.
const (
	WorkBytes = 100
	WorkShare = 4
)

// Within is a number of things that fit, at least one and at most all.
func Within(fit int64, all int) int { return int(max(1, min(fit, int64(all)))) }
