package runners

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/suggest"
)

// Running is the state of a run that is at work, and of a step. One that the journal
// knows no end of, and whose process is gone, was interrupted.
const Running = "running"

// RunRecord is one run as its journal tells it.
type RunRecord struct {
	ID, DAG, File    string
	Runner, Revision string
	Workers          int
	Started          time.Time
	Seconds          float64
	State            string // an outcome, or Running
	Error            string
	Forced           []string     // steps
	Outline          []Outline    // of all steps; nil in journals of before it was told
	Steps            []StepRecord // in the order they began
	Published        []Event
	Scheduled        string // the scheduler's id of the run; "": it was begun by hand
	Attempt          int    // which try at it this is
	ExitCode         int
}

// StepRecord is one step of a run.
type StepRecord struct {
	Step, Stage, Fingerprint string
	State                    string // done, skipped, accepted, failed, cancelled, Running or OutcomeInterrupted
	Began, Ended             time.Time
	Reasons                  []string
	Progress                 string // of a step at work: how far it is
	Seconds                  float64
	PeakMemory               int64 // see Event
	Counts                   map[string]smallcell.Count
	Error                    string
}

// ListRuns reads the journals of an output folder, the latest run first. A run whose
// journal is damaged is among them, as Damaged, with what is wrong as its error.
func ListRuns(ctx context.Context, out string) ([]RunRecord, error) {
	dir, err := store.Open(out)
	if err != nil {
		return nil, err
	}
	logs, err := journals(ctx, dir)
	if err != nil {
		return nil, err
	}
	runs := make([]RunRecord, 0, len(logs))
	for _, log := range logs {
		r, err := readAny(ctx, dir, log)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// Broken is an error of exit.BadData where some journals are damaged.
func Broken(runs []RunRecord) (err error) {
	for _, r := range runs {
		if r.State == Damaged {
			err = errors.Join(err, exit.Errorf(exit.BadData, "%s", r.Error))
		}
	}
	return err
}

// journals lists the journals of an output folder, the latest first.
func journals(ctx context.Context, out store.Dir) ([]string, error) {
	logs, err := store.ListLogs(ctx, out, runsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.Usage, "%s is no output folder of a run: it has no %s; %s", out.URI(), runsFolder,
			cmp.Or(suggest.Choice(path.Base(out.URI()), outputsBeside(out)), "name one by --out"))
	}
	return onlyJournals(logs), err
}

// onlyJournals are the journals among the files of their folder, the latest first.
func onlyJournals(logs []string) []string {
	logs = slices.DeleteFunc(logs, func(name string) bool { return !strings.HasSuffix(name, journalSuffix) })
	slices.Reverse(logs)
	return logs
}

// outputsBeside names the output folders on this machine in the folder that one lies in.
func outputsBeside(out store.Dir) []string {
	path, ok := out.LocalPath("")
	if !ok {
		return nil
	}
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*", runsFolder, "*"+journalSuffix))
	var names []string
	for _, journal := range found {
		names = append(names, filepath.Base(filepath.Dir(filepath.Dir(journal))))
	}
	return slices.Compact(names)
}

// FindRun finds a run by its id, the beginning of it, or "last". One whose journal is
// damaged is an error of exit.BadData.
func FindRun(ctx context.Context, out, id string) (RunRecord, error) {
	runs, err := ListRuns(ctx, out)
	if err != nil {
		return RunRecord{}, err
	}
	found := runs[:min(1, len(runs))]
	if id != "last" || len(runs) == 0 {
		found = slices.DeleteFunc(runs, func(r RunRecord) bool { return !strings.HasPrefix(r.ID, id) })
	}
	switch len(found) {
	case 0:
		return RunRecord{}, exit.Errorf(exit.Usage, "no run %s in %s; `clinflow runs list` names them", id, out)
	case 1:
		return found[0], Broken(found)
	default:
		return RunRecord{}, exit.Errorf(exit.Usage, "%d runs begin with %s; give more of the id", len(found), id)
	}
}

// Gone says that the run's process ended without a word: the journal knows no end.
func (r RunRecord) Gone() bool { return r.State == OutcomeInterrupted && r.Seconds == 0 }
