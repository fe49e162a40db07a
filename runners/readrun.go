package runners

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// readRun reads a run, and asks the lock whether one without an end is at work.
func readRun(ctx context.Context, out store.Dir, log string) (RunRecord, error) {
	r, err := readJournal(ctx, out, log)
	if err != nil || r.State != Running {
		return r, err
	}
	alive, err := atWork(ctx, out, r)
	if alive {
		r.tellHowFar(ctx, out)
	}
	if err != nil || alive {
		return r, err
	}
	if r, err = readJournal(ctx, out, log); r.State == Running { // it did not end meanwhile
		r.cutOff()
	}
	return r, err
}

// readAny reads a run, which is Damaged where its journal is.
func readAny(ctx context.Context, out store.Dir, log string) (RunRecord, error) {
	r, err := readRun(ctx, out, log)
	if exit.Of(err) == exit.BadData {
		r.State, r.Error, err = Damaged, err.Error(), nil
	}
	return r, err
}

func readJournal(ctx context.Context, out store.Dir, log string) (RunRecord, error) {
	r := RunRecord{ID: runOf(log), State: Running}
	events, err := readEvents(ctx, out, log)
	for _, e := range events {
		r.tell(e)
	}
	return r, err
}

// readToDamage reads a journal; of a damaged one it tells what comes before the damage:
// that keeps nobody from other runs.
func readToDamage(ctx context.Context, out store.Dir, log string) (RunRecord, error) {
	r, err := readJournal(ctx, out, log)
	if exit.Of(err) == exit.BadData {
		err = nil
	}
	return r, err
}

// readEvents reads a journal. Beside an error stands what came before it.
func readEvents(ctx context.Context, out store.Dir, log string) (events []Event, err error) {
	text, err := store.ReadLog(ctx, out, log)
	if err != nil {
		return nil, fmt.Errorf("read a journal: %w", err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, line := range lines {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // a killed run may leave its last line cut off
		}
		var e Event
		if json.Unmarshal(line, &e) != nil {
			return events, exit.Errorf(exit.BadData, "%s/%s:%d: not an event of a run; the journal is damaged, move it away", out.URI(), log, i+1)
		}
		events = append(events, e)
	}
	return events, nil
}

// tell adds an event to what is known of a run.
func (r *RunRecord) tell(e Event) {
	switch e.Kind {
	case RunStarted:
		r.DAG, r.File, r.Runner, r.Revision, r.Workers, r.Started, r.Outline, r.Forced = e.DAG, e.File, e.Runner, e.Revision, e.Workers, e.Time, e.Steps, e.Forced
		r.Scheduled, r.Attempt = e.Scheduled, e.Attempt
	case RunEnded:
		r.cutOff()
		r.State, r.Seconds, r.Error, r.ExitCode = e.Outcome, e.Seconds, e.Error, e.ExitCode
	case Published:
		r.Published = append(r.Published, e)
	default:
		r.step(e)
	}
}

// cutOff says that a run and its steps end where the journal does.
func (r *RunRecord) cutOff() {
	r.State = OutcomeInterrupted
	for i := range r.Steps {
		if r.Steps[i].State == Running {
			r.Steps[i].State = OutcomeInterrupted
		}
	}
}

func (r *RunRecord) step(e Event) {
	i := slices.IndexFunc(r.Steps, func(s StepRecord) bool { return s.Step == e.Step })
	if i < 0 {
		i = len(r.Steps)
		r.Steps = append(r.Steps, StepRecord{Step: e.Step, Stage: e.Stage, Began: e.Time})
	}
	s := &r.Steps[i]
	s.State = strings.TrimPrefix(e.Kind, "step ")
	if s.Ended = e.Time; e.Kind == StepStarted {
		s.State, s.Ended = Running, time.Time{}
	}
	if len(e.Reasons) > 0 {
		s.Reasons = e.Reasons
	}
	s.Fingerprint, s.Seconds, s.PeakMemory, s.Counts, s.Error = e.Fingerprint, e.Seconds, e.PeakMemory, e.Counts, e.Error
}
