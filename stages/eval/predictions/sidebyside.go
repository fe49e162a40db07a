package predictions

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/guard"
)

// SideBySide does n things, so many workers at a time, until one fails or ctx ends. Errors
// of panics name what is done.
func SideBySide(ctx context.Context, what string, n, workers int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range n {
		group.Go(func() error {
			return guard.Do(what, func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return do(ctx, i)
			})
		})
	}
	return group.Wait()
}

// eachPart does something with each of the parts that hold examples.
func (e Examples) eachPart(ctx context.Context, do func(ctx context.Context, i int) error) error {
	return SideBySide(ctx, "predictions of task "+e.Key.Task, len(e.Parts), runtime.GOMAXPROCS(0), do)
}
