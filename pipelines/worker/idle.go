package worker

import (
	"context"
	"sync"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

// idleLimit is how long a worker waits for another instruction when there is no work left
// that it knows of. Flink forgets workers whose task ended or was cancelled meanwhile, and
// leaves their bundles open.
const idleLimit = 20 * time.Second

// instructions are those that an engine gives.
type instructions struct {
	mu   sync.Mutex
	open int
	last time.Time // that one came
}

// lately are this process's.
var lately = instructions{last: time.Now()}

func instructed(ctx context.Context, _ *fnpb.InstructionRequest) (context.Context, error) {
	lately.mu.Lock()
	defer lately.mu.Unlock()
	lately.open, lately.last = lately.open+1, time.Now()
	return ctx, nil
}

func (i *instructions) done() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.open--
}

// ended says whether the engine has no use for the worker: begun and over say of the work
// that it knows whether there is any, and whether all is done.
func (i *instructions) ended(begun, over bool) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return time.Since(i.last) > idleLimit && (begun && over || !begun && i.open == 0)
}

// forgotten calls gone when the engine has no more use for the worker.
func forgotten(ctx context.Context, i *instructions, work func() (begun, over bool), gone func()) {
	once(ctx, func() bool { return i.ended(work()) }, gone)
}
