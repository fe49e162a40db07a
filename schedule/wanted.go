package schedule

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Admit says whether an attempt is the one that the scheduler wants: its process asks when
// it has the output folder to itself. One whose scheduler was killed just after it began
// the process may come when the next scheduler has given it up; the error is then
// exit.Retry's, and the attempt must do nothing.
func Admit(ctx context.Context, out store.Dir, run string, attempt int) error {
	ok, err := wanted(ctx, stored{out.Sub(Folder)}, run, attempt)
	if err == nil && !ok {
		err = exit.Errorf(exit.Retry, "the scheduler does not want attempt %d of the run %s any more", attempt, run)
	}
	return err
}

func wanted(ctx context.Context, files files, run string, attempt int) (bool, error) {
	j, err := openJournal(ctx, files)
	if err != nil {
		return false, err
	}
	r := j.state.Run(run)
	return r != nil && r.State == Running && r.Attempt == attempt, nil
}
