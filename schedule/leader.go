package schedule

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

const lockName = "lock"

// Options say how a scheduler works.
type Options struct {
	// Out is the output folder of the runs. Its folder schedule must exist where it is
	// one of this machine.
	Out store.Dir
	// Define reads the DAGs that have a schedule. It is called every few seconds; where
	// it fails, what is known stays as it was.
	Define func() (Reading, error)
	Runner Runner
	// Woken has something when an attempt of Runner's has ended.
	Woken <-chan struct{}
	// Tell is told what happens, with the run if it happens to one.
	Tell func(Event, *Run)
	// Standby waits while another scheduler is at work in the folder, to take its place.
	Standby bool
	// Waits is told who is at work when Standby waits.
	Waits func(store.Holder)
}

// Serve is the scheduler of an output folder, until ctx ends: it then interrupts the run
// at work, waits for it and returns nil. Where another is at work already the error is
// exit.Retry's.
func Serve(ctx context.Context, o Options) error {
	dir := o.Out.Sub(Folder)
	held, unlock, err := take(ctx, dir, o)
	if err != nil || unlock == nil {
		return err
	}
	defer unlock()
	if err := removeCutShort(held, dir, time.Now()); err != nil {
		return err
	}
	journal, err := openJournal(held, stored{dir})
	if err != nil {
		return err
	}
	s := &scheduler{
		journal: journal, runner: o.Runner, clock: machine{}, define: o.Define, tell: o.Tell, patient: Patience, poll: poll,
	}
	if _, here := dir.LocalPath(""); !here {
		s.poll = pollInBucket
	}
	me := store.Self()
	if err := s.write(held, Event{Kind: schedulerCame, Process: me.Process, Host: me.Host}); err != nil {
		return err
	}
	err = s.run(held, o.Woken)
	if lost := context.Cause(held); ctx.Err() == nil && lost != nil {
		err = errors.Join(lost, err)
	}
	return err
}

// asking is how long somebody who asks for something may be writing it: what is older was
// left by a process that was killed.
const asking = time.Hour

// removeCutShort removes the files that killed processes were writing. Only the scheduler
// that was before wrote others than requests.
func removeCutShort(ctx context.Context, dir store.Dir, now time.Time) error {
	infos, err := dir.List(ctx, "")
	for _, info := range infos {
		written := strings.HasPrefix(info.Name, requestsFolder) && now.Sub(info.ModTime) < asking
		if store.IsTemporary(info.Name) && !written {
			err = errors.Join(err, dir.RemoveAll(ctx, info.Name))
		}
	}
	return err
}

// briefly is how long the lock is tried for: a scheduler that was told to end may be about
// to.
const briefly = 3 * time.Second

// take takes the lock of the scheduler. unlock is nil where ctx ended first.
func take(ctx context.Context, dir store.Dir, o Options) (held context.Context, unlock func(), err error) {
	told := ""
	for begun := time.Now(); ctx.Err() == nil; machine.Wait(machine{}, ctx, time.Now().Add(time.Second/2), nil) {
		held, unlock, by, err := store.TryLock(ctx, dir, lockName, store.Self().String())
		if err != nil || unlock != nil {
			return held, unlock, err
		}
		if o.Standby && by != told {
			told = by
			o.Waits(store.HolderOf(by))
		}
		if !o.Standby && time.Since(begun) > briefly {
			return nil, nil, exit.Errorf(exit.Retry, "another scheduler is at work in %s%s; end it, or wait to take its place with --standby", dir.URI(), store.HolderOf(by).Told())
		}
	}
	return nil, nil, nil
}
