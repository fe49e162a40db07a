package pipelines

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
)

// pool runs a bundle's elements on several goroutines, because the direct
// runner has one: StartBundle makes it, ProcessElement feeds it, FinishBundle
// waits and emits. Feeding blocks while all workers are busy.
type pool[R any] struct {
	ctx     context.Context
	stop    func()
	of      *run
	group   *errgroup.Group
	broken  error // no work can be done
	mu      sync.Mutex
	results []R
}

// newPool makes a pool for a task, until it is revoked. It runs nothing where broken says
// that nothing can be run.
func newPool[R any](ctx context.Context, t Task, broken error) *pool[R] {
	of := t.running()
	ctx, cancel := context.WithCancel(ctx)
	forget := context.AfterFunc(of.revoked, cancel) // a task has many bundles
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(of.env.Workers, 1))
	stop := func() { forget(); cancel() }
	return &pool[R]{ctx: ctx, stop: stop, of: of, group: group, broken: broken}
}

// run hands one element over. place names stage and part for the error.
func (p *pool[R]) run(place string, work func(context.Context) (R, error)) {
	if p.broken != nil {
		return
	}
	p.group.Go(func() error {
		return guarded(place, func() error {
			if err := p.ctx.Err(); err != nil {
				return err
			}
			result, err := work(p.ctx)
			if err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.results = append(p.results, result)
			return nil
		})
	})
}

// wait returns the results in the order they were ready; whoever emits them
// must not depend on it. A fault is no error, for the engine would try again.
func (p *pool[R]) wait() ([]R, *fault, error) {
	err := errors.Join(p.broken, p.group.Wait())
	p.stop()
	if p.of.revoked.Err() != nil {
		err = errRevoked
	}
	if f := faultOf(err); f != nil {
		return p.results, f, nil
	}
	return p.results, nil, exit.Seal(err)
}

// guarded is the one guard around every DoFn: a panic loses its value, an error
// gains its place.
func guarded(place string, work func() error) error {
	err := guard.Do(place, work)
	if p, panicked := err.(*guard.Panic); err == nil || panicked && p.Place == place {
		return err
	}
	return fmt.Errorf("%s: %w", place, err)
}

// prepared is guarded for what a DoFn does before its first element, when it can hand on
// no fault: that is broken, and for its pool to tell.
func prepared(place string, work func() error) (broken, err error) {
	if err = guarded(place, work); faultOf(err) != nil {
		return err, nil
	}
	return nil, exit.Seal(err)
}
