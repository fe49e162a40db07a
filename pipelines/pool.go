package pipelines

import (
	"context"
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
	group   *errgroup.Group
	mu      sync.Mutex
	results []R
}

func newPool[R any](ctx context.Context, workers int) *pool[R] {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	return &pool[R]{ctx: ctx, group: group}
}

// run hands one element over. place names stage and part for the error.
func (p *pool[R]) run(place string, work func(context.Context) (R, error)) {
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
// must not depend on it.
func (p *pool[R]) wait() ([]R, error) {
	err := p.group.Wait()
	return p.results, exit.Seal(err)
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

// sealed is guarded for code that returns straight to Beam, which turns errors
// into text.
func sealed(place string, work func() error) error {
	return exit.Seal(guarded(place, work))
}
