package schedule

import (
	"context"
	"fmt"
	"strings"
)

// sumUp writes the sum of the events, then removes them. Who is killed in between leaves
// events that count no more, for the next sum to remove.
func (j *journal) sumUp(ctx context.Context) error {
	names, err := j.files.list(ctx)
	if err != nil {
		return fmt.Errorf("sum the scheduler's journal up: %w", err)
	}
	j.forgetRequests(names)
	text, err := encode(j.state)
	if err != nil {
		return err
	}
	sum := sumName(j.state.Number)
	if err := j.files.create(ctx, sum, text); err != nil {
		return fmt.Errorf("sum the scheduler's journal up: %w", err)
	}
	j.sum = j.state.Number
	for _, name := range names {
		if strings.HasPrefix(name, eventsFolder) || strings.HasPrefix(name, sumsFolder) {
			if err := j.files.remove(ctx, name); err != nil {
				return fmt.Errorf("sum the scheduler's journal up: %w", err)
			}
		}
	}
	return nil
}

// forgetRequests drops those that do not lie in the folder any more: they cannot be
// applied twice.
func (j *journal) forgetRequests(names []string) {
	there := map[string]bool{}
	for _, name := range names {
		if id, ok := requestID(name); ok && j.state.Applied[id] {
			there[id] = true
		}
	}
	j.state.Applied = there
}
