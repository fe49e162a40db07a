package runners

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

const lockName = runsFolder + "/lock"

// lock keeps a second run out of the folder. held ends with ctx, or when the lock is lost.
func lock(ctx context.Context, out store.Dir) (held context.Context, unlock func(), err error) {
	held, unlock, by, err := store.TryLock(ctx, out, lockName, store.Self().String())
	if err == nil && unlock == nil {
		err = exit.Errorf(exit.Retry, "another run is at work in %s%s; wait for its end, or name another output folder", out.URI(), store.HolderOf(by).Told())
	}
	return held, unlock, err
}

// atWork says whether the process of a run, which has no end in its journal, has the
// lock of the folder.
func atWork(ctx context.Context, out store.Dir, r RunRecord) (bool, error) {
	by, held, err := store.LockHolder(ctx, out, lockName)
	h := store.HolderOf(by)
	if err != nil || !held || h.Process == 0 {
		return held, err // the holder may be about to sign
	}
	return r.begunBy(h), nil
}

// begunBy says whether a run, which has no end in its journal, is that of the lock's
// holder: one that was killed began before whoever has the lock since took it.
func (r RunRecord) begunBy(h store.Holder) bool { return !began(r.ID).Before(h.Started) }
