package schedule

import "time"

// What a run is for.
const (
	Scheduled  = "schedule" // its time came
	CaughtUp   = "catch-up" // its time had passed while no scheduler was at work, or the DAG was paused
	Backfilled = "backfill" // somebody asked for the runs of a stretch of time
	Triggered  = "trigger"  // somebody asked for a run
)

// The states of a run. The last four are ends.
const (
	Queued    = "queued"   // it waits for others, or for the DAG to be resumed
	Running   = "running"  // an attempt is at work
	Retrying  = "retrying" // an attempt was worth a retry, and the next waits
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled" // for a later run, or because its DAG has no schedule any more
	TimedOut  = "timed out"
)

// Run is one run of a DAG, from the decision that it is due to its end.
type Run struct {
	// ID is of this run alone: DAG@2026-03-08T07:30Z, and the request's mark where a
	// person asked.
	ID      string    `json:"id"`
	DAG     string    `json:"dag"`
	Logical time.Time `json:"logical"` // when it was due; of a triggered one, when that was asked for
	Cause   string    `json:"cause"`
	State   string    `json:"state"`
	Order   int64     `json:"order"` // the event that queued it: runs begin in this order
	// Attempt is how many attempts have begun, Tries how many of them were
	// worth a retry, and Lost how many ended with their scheduler.
	Attempt int `json:"attempt,omitempty"`
	Tries   int `json:"tries,omitempty"`
	Lost    int `json:"lost,omitempty"`

	Queued  time.Time `json:"queued"`
	Started time.Time `json:"started,omitzero"` // the first attempt
	RetryAt time.Time `json:"retry_at,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Spent is what counts for the timeout, up to the moment Counted: attempts at work
	// and the waits for retries, not the time in which no scheduler was there.
	Spent   time.Duration `json:"spent_ns,omitempty"`
	Counted time.Time     `json:"counted,omitzero"` // zero in journals of before it was told

	Code  int    `json:"code,omitempty"` // of the last attempt that ended, as in Result
	Error string `json:"error,omitempty"`
	// Ran is how many steps the last attempt ran; of one that ended well, 0 says that
	// nothing was stale.
	Ran    int    `json:"ran,omitempty"`
	Cancel string `json:"cancel,omitempty"` // why it is to be ended: Cancelled or TimedOut
}

// Open says whether a run is not over.
func (r *Run) Open() bool { return r.State == Queued || r.State == Running || r.State == Retrying }

// spent is what counts for the timeout up to a moment.
func (r *Run) spent(at time.Time) time.Duration {
	from := r.Counted
	if from.IsZero() {
		from = r.Started
	}
	switch r.State {
	case Queued:
		return r.Spent
	case Retrying:
		if at.After(r.RetryAt) {
			at = r.RetryAt
		}
	}
	return r.Spent + max(0, at.Sub(from))
}

// asked says whether a person wants the run, whatever the schedule or a pause says.
func (r *Run) asked() bool { return r.Cause == Triggered || r.Cause == Backfilled }

// end ends the run in one of the states that are ends.
func (r *Run) end(state string, at time.Time) { r.State, r.Ended, r.RetryAt = state, at, time.Time{} }

const logicalFormat = "2006-01-02T15:04Z"

// idOf is the id of the run of a due time.
func idOf(dag string, due time.Time) string { return dag + "@" + due.UTC().Format(logicalFormat) }
