package schedule

import (
	"time"

	"github.com/clinflow/clinflow/dags"
)

const (
	// grace is how late a run may be begun and still be on time: one that is later was
	// missed, and it is for catchup to say what becomes of it.
	grace = time.Minute
	// atOnce is how many due times one event decides.
	atOnce = 200
	// mostOpen is how many runs of a DAG may be open that nobody asked for: half a million
	// minutes of a year that is caught up would fill the journal, and be at work for years.
	mostOpen = 1000
	// correction is by how much a clock must be set back for the new time to count at
	// once, as in Vixie cron. After less, the scheduler waits for the time that was.
	correction = 3 * time.Hour
)

// decide is the event that says what becomes of the due times of a DAG that have come
// since the last decision, or of the first of them; nil where none has.
func (d *DAG) decide(now time.Time) (*Event, error) {
	next, err := d.next()
	if err != nil || next.IsZero() {
		return nil, err
	}
	if now.Before(d.Through.Add(-correction)) {
		return &Event{Kind: clockSetBack, DAG: d.DAG, Through: now}, nil
	}
	if next.After(now) {
		return nil, nil
	}
	due, err := d.coming.times.Between(d.Through, now, atOnce+1)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	e := &Event{Kind: decided, DAG: d.DAG}
	busy, open := len(d.open()) > 0, d.openUnasked()
	for i, moment := range due[:min(len(due), atOnce)] {
		e.Through = moment
		why, cause, cancels := d.judge(moment, now, i == len(due)-1, busy)
		if why == "" && !cancels && open+len(e.Due) >= mostOpen {
			why = OverLimit
		}
		if cancels {
			e.Passed, e.Due, e.Cancels = pass(e.Passed, e.Due), nil, true
		}
		if why != "" {
			e.Passed = passed(e.Passed, why, moment)
			continue
		}
		e.Due = append(e.Due, Due{ID: idOf(d.DAG, moment), Logical: moment, Cause: cause})
		busy = true
	}
	return e, nil
}

// openUnasked is how many runs are not over that nobody asked for.
func (d *DAG) openUnasked() (count int) {
	for _, r := range d.open() {
		if !r.asked() {
			count++
		}
	}
	return count
}

// judge says why a due time is passed over, or else what its run is for, and whether
// that ends the runs before it. last is the latest of those due.
func (d *DAG) judge(moment, now time.Time, last, busy bool) (why, cause string, cancels bool) {
	switch late := now.Sub(moment) > grace; {
	case d.ran(moment) != nil:
		return HasRun, "", false
	case late && (d.Catchup == dags.CatchupAll || d.Catchup == dags.CatchupLatest && last):
		return "", CaughtUp, false
	case late:
		return Missed, "", false
	case busy && d.Overlap == dags.OverlapSkip:
		return Overlapped, "", false
	default:
		return "", Scheduled, busy && d.Overlap == dags.OverlapCancel
	}
}

// pass moves runs of an event that a later one of it ends to what is passed over.
func pass(to []Passed, runs []Due) []Passed {
	for _, run := range runs {
		to = passed(to, Overlapped, run.Logical)
	}
	return to
}

func passed(to []Passed, why string, moment time.Time) []Passed {
	if n := len(to) - 1; n >= 0 && to[n].Why == why {
		to[n].Last = moment
		to[n].Count++
		return to
	}
	return append(to, Passed{Why: why, First: moment, Last: moment, Count: 1})
}
