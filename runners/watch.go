package runners

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/clinflow/clinflow/internal/store"
)

// Damaged is the state of a run whose journal cannot be read.
const Damaged = "damaged"

// Watch is an output folder that is looked at again and again: the journals of ended runs
// are read once. Safe for concurrent use.
type Watch struct {
	dir  store.Dir
	mu   sync.Mutex
	at   time.Time // of the last look
	runs []RunRecord
	over map[string]kept // by journal
}

// kept is a run that is not looked at for now.
type kept struct {
	RunRecord
	until time.Time // zero: it is over for good
}

// goneFor is how long a run is taken for gone before its journal is read again: a lock that
// was renewed late, or a clock of another machine, may have said so of one at work.
const goneFor = time.Minute

// WatchRuns begins to watch a folder, which need not be there yet.
func WatchRuns(out string) (*Watch, error) {
	dir, err := store.Open(out)
	return &Watch{dir: dir, over: map[string]kept{}}, err
}

// Dir is the folder.
func (w *Watch) Dir() store.Dir { return w.dir }

// Every is how often a look finds something else.
func (w *Watch) Every() time.Duration { return LookAgain(w.dir) }

// Runs are the runs of the folder, the latest first; none where there is no folder yet.
// They are the caller's to read alone. A run whose journal is damaged is among them.
func (w *Watch) Runs(ctx context.Context) ([]RunRecord, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.at) < w.Every() {
		return w.runs, nil
	}
	logs, err := store.ListLogs(ctx, w.dir, runsFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	logs = onlyJournals(logs)
	runs := make([]RunRecord, 0, len(logs))
	for _, log := range logs {
		r, err := w.run(ctx, log)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	w.runs, w.at = runs, time.Now()
	return runs, nil
}

func (w *Watch) run(ctx context.Context, log string) (RunRecord, error) {
	if k, known := w.over[log]; known && (k.until.IsZero() || time.Now().Before(k.until)) {
		return k.RunRecord, nil
	}
	r, err := readAny(ctx, w.dir, log)
	if err != nil || r.State == Running {
		return r, err
	}
	k := kept{RunRecord: r}
	if r.Gone() {
		k.until = time.Now().Add(goneFor)
	}
	w.over[log] = k
	return r, nil
}
