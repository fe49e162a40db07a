package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Ask leaves a request for the scheduler of an output folder: Pause, Resume or Trigger.
// When it returns nil the request is on disk. A DAG that no scheduler knows is an error
// of exit.Usage.
func Ask(ctx context.Context, out store.Dir, kind, dag string) error {
	return askFor(ctx, out, Request{Kind: kind, DAG: dag})
}

func askFor(ctx context.Context, out store.Dir, r Request) error {
	files := stored{out.Sub(Folder)}
	state, err := readState(ctx, files)
	if err != nil {
		return err
	}
	if _, err := state.known(r.DAG); err != nil {
		return err
	}
	return ask(ctx, files, time.Now(), r)
}

// mostBackfilled is how many runs one backfill may ask for.
const mostBackfilled = 1000

// Lacking are the due times of a DAG in a stretch of time, both ends included, and those
// of them that have no run that ended well or may yet, among the runs that the scheduler
// remembers. What is due later than now is not among them.
func Lacking(ctx context.Context, out store.Dir, dag string, from, to time.Time) (due, lacking []time.Time, err error) {
	state, err := readState(ctx, stored{out.Sub(Folder)})
	if err != nil {
		return nil, nil, err
	}
	d, err := state.known(dag)
	if err != nil {
		return nil, nil, err
	}
	times, err := d.Times()
	if err != nil {
		return nil, nil, err
	}
	if now := time.Now(); to.After(now) {
		to = now
	}
	due, err = times.Between(from.Add(-time.Nanosecond), to, mostBackfilled+1)
	if err == nil && len(due) > mostBackfilled {
		err = exit.Errorf(exit.Usage, "%s is due more than %d times from %s to %s; ask for less at once",
			dag, mostBackfilled, from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	return due, d.lacking(due), err
}

// Stretch reads the two ends of a stretch of time: moments, or days of the schedule's zone,
// of which the last is among it.
func (d Definition) Stretch(from, to string) (begin, end time.Time, err error) {
	zone, err := time.LoadLocation(d.Timezone)
	if err != nil {
		return begin, end, err
	}
	begin, _, errFrom := momentOf("--from", from, zone)
	end, day, errTo := momentOf("--to", to, zone)
	if day {
		end = end.AddDate(0, 0, 1).Add(-time.Nanosecond)
	}
	if err := errors.Join(errFrom, errTo); err != nil {
		return begin, end, err
	}
	if end.Before(begin) {
		return begin, end, exit.Errorf(exit.Usage, "--to %s is before --from %s", to, from)
	}
	return begin, end, nil
}

func momentOf(flag, text string, zone *time.Location) (moment time.Time, day bool, err error) {
	if moment, err = time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return moment, true, nil
	}
	if moment, err = time.Parse(time.RFC3339, text); err == nil {
		return moment, false, nil
	}
	return moment, false, exit.Errorf(exit.Usage, "%s %q is no day and no moment; write for example 2026-03-01 or 2026-03-01T02:30:00Z", flag, text)
}

// AskFor asks for the runs of due times, as Lacking lists them.
func AskFor(ctx context.Context, out store.Dir, dag string, due []time.Time) error {
	return askFor(ctx, out, Request{Kind: Backfill, DAG: dag, Due: due})
}

// Check is an error of exit.Failed where no scheduler is at work, or where something is
// wrong with one of the DAGs or its file: all of them, or those named. An unknown name is exit.Usage.
func (o Overview) Check(names ...string) error {
	var faults []string
	if o.Scheduler.Process == 0 {
		faults = append(faults, o.nobody())
	}
	chosen, err := o.Choose(names...)
	if err != nil {
		return err
	}
	for _, s := range chosen {
		for _, fault := range s.Faults {
			faults = append(faults, s.DAG+": "+fault)
		}
	}
	for _, f := range o.Files {
		if len(names) == 0 || slices.ContainsFunc(chosen, func(s Status) bool { return f.covers(s.File) }) {
			faults = append(faults, f.Text)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	text := faults[0]
	for _, fault := range faults[1:] {
		text += "\n" + fault
	}
	return exit.With(exit.Failed, fmt.Errorf("%s", text))
}

// Choose are the DAGs of some names, all where there are none.
func (o Overview) Choose(names ...string) ([]Status, error) {
	if len(names) == 0 {
		return o.DAGs, nil
	}
	var chosen []Status
	state := newState()
	for _, s := range o.DAGs {
		state.DAGs[s.DAG] = &DAG{}
	}
	for _, name := range names {
		if _, err := state.known(name); err != nil {
			return nil, err
		}
		for _, s := range o.DAGs {
			if s.DAG == name {
				chosen = append(chosen, s)
			}
		}
	}
	return chosen, nil
}
