package pipelines

import (
	"context"
	"errors"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// revokedName lies in the scratch of an output whose run was interrupted. Beam's job
// server for Flink says that a job is cancelled which it only stops listening to, so that
// the workers are told themselves.
const revokedName = "revoked"

// revokedInterval is between two looks of a worker.
const revokedInterval = 2 * time.Second

var errRevoked = exit.Errorf(exit.Interrupted, "the run that began the job was interrupted")

// revoke tells the task's workers, wherever they are, to write nothing any more.
func (t Task) revoke(ctx context.Context) error {
	out, err := t.writer(ctx)
	if err != nil {
		return err
	}
	_, err = store.Mark(ctx, out.Scratch(), revokedName)
	return err
}

// revoked is errRevoked where the task was.
func (t Task) revoked(ctx context.Context) error {
	out, err := t.writer(ctx)
	if err != nil {
		return err
	}
	marked, err := store.Exists(ctx, out.Scratch(), revokedName)
	if marked {
		return errRevoked
	}
	return err
}

// watch ends the task's work in this process when it is revoked, and notes that there is
// none any more, then or when the output is complete or removed.
func (t Task) watch(of *run, stop context.CancelFunc) {
	defer of.over.Store(true)
	for range time.Tick(revokedInterval) {
		if errors.Is(t.revoked(context.Background()), errRevoked) {
			stop()
			return
		}
		if making, err := t.inMaking(context.Background()); err == nil && !making {
			return
		}
	}
}

func (t Task) inMaking(ctx context.Context) (bool, error) {
	dir, err := store.Open(t.Out)
	if err != nil {
		return false, err
	}
	return dataset.InMaking(ctx, dir)
}

// Work says of the tasks that other processes began whether this one works on any, and
// whether nothing of them is left to do.
func Work() (begun, over bool) {
	over = true
	running.Range(func(_, r any) bool {
		if r := r.(*run); !r.home {
			begun, over = true, over && r.over.Load()
		}
		return true
	})
	return begun, over
}
