package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
)

// earlier names the jobs that may be at work for the same outputs.
func (j Job) earlier(ctx context.Context) ([]string, error) {
	if j.Earlier == nil {
		return nil, nil
	}
	return j.Earlier(ctx)
}

// awaitAll waits for jobs that do other steps as well, or fewer: a killed run leaves its
// job running, and what that writes to must not be cleared. How they end is no matter,
// for what they leave undone is done by the new job.
func awaitAll(ctx context.Context, s service, names []string, j Job) error {
	ids, err := findAll(ctx, s, names)
	if err != nil {
		return interrupted(ctx, err)
	}
	for _, id := range ids {
		j.Log.Info().Str("job", id).Msg("a job of an earlier run is at work for the same steps; waiting for it")
		err = errors.Join(err, follow(ctx, s, id, j)) // of an interrupted run: cancels it
	}
	if ctx.Err() != nil {
		return exit.With(exit.Interrupted, errors.Join(ctx.Err(), err))
	}
	running, looked := findAll(ctx, s, names)
	if looked != nil {
		return interrupted(ctx, looked)
	}
	if len(running) > 0 {
		return errors.Join(exit.Errorf(exit.Retry, "the job %s of an earlier run has not ended; run again to wait for it", running[0]), err)
	}
	return nil
}

// findAll are the ids of those jobs that have not ended.
func findAll(ctx context.Context, s service, names []string) (ids []string, err error) {
	for _, name := range names {
		id, err := s.find(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("look for the job %s: %w", name, err)
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
