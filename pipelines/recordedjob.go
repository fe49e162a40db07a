package pipelines

import (
	"context"
	"errors"
	"io/fs"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
)

// jobName lies in the scratch of an output and holds the name of the job that makes it.
// A run that is killed leaves its job running, which may do other steps than the next
// run has left and so has another name.
const jobName = "job"

// recordJob notes the name of a job that is about to begin; "" is of none that outlives
// this process.
func (t Task) recordJob(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	out, err := t.writer(ctx)
	if err != nil {
		return err
	}
	return store.WriteFile(ctx, out.Scratch(), jobName, []byte(name))
}

// IsJobRecord says whether a file in the folder of an unfinished output names the job
// that makes it.
func IsJobRecord(file string) bool {
	below, ok := dataset.InScratch(file)
	return ok && below == jobName
}

// recordedJob is the name that an earlier run noted; "": none did.
func (t Task) recordedJob(ctx context.Context) (string, error) {
	out, err := t.writer(ctx)
	if err != nil {
		return "", err
	}
	name, err := store.ReadFile(ctx, out.Scratch(), jobName)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(name), err
}
