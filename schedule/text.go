package schedule

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clinflow/clinflow/internal/suggest"
)

// Say is an event in words, for a log.
func (e Event) Say() string {
	switch e.Kind {
	case decided:
		return e.sayDecided()
	case filesRead:
		return "the DAG files have no faults any more"
	case requested:
		return "asked: " + e.Request.Kind
	case attemptStarted:
		return fmt.Sprintf("attempt %d begins", e.Attempt)
	case retryLater:
		return "worth another try, at " + e.RetryAt.Format(time.RFC3339)
	case runEnded:
		if e.State == Done && e.Ran == 0 {
			return "done: nothing was stale"
		}
		return e.State
	default:
		return e.Kind
	}
}

func (e Event) sayDecided() string {
	var parts []string
	for _, due := range e.Due {
		parts = append(parts, fmt.Sprintf("%s is due (%s)", due.ID, due.Cause))
	}
	for _, p := range e.Passed {
		parts = append(parts, fmt.Sprintf("%d %s, from %s to %s", p.Count, p.Why, p.First.Format(time.RFC3339), p.Last.Format(time.RFC3339)))
	}
	return strings.Join(parts, "; ")
}

// Write renders how things stand, a DAG a line.
func (o Overview) Write(w io.Writer) error {
	if o.Beside != nil {
		_, err := fmt.Fprintln(w, o.nobody())
		return err
	}
	if o.Scheduler.Process == 0 {
		fmt.Fprintln(w, o.nobody()+"; `clinflow schedule run` begins one")
	} else {
		fmt.Fprintf(w, "a scheduler is at work%s\n", o.Scheduler.Told())
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nDAG\tSCHEDULE\tNEXT\tNOW\tLAST\tLAST GOOD\tFAULTS")
	for _, s := range o.DAGs {
		fmt.Fprintf(table, "%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", s.DAG, s.Cron, s.Timezone, s.local(s.Next), s.now(), s.last(), s.local(s.LastGood),
			cmp.Or(strings.Join(s.Faults, "; "), "-"))
	}
	if err := table.Flush(); err != nil || len(o.Files) == 0 {
		return err
	}
	fmt.Fprintln(w, "\nDAG files with faults:")
	for _, f := range o.Files {
		fmt.Fprintln(w, f.Text)
	}
	return nil
}

// nobody says where no scheduler is, and which folder may have been meant.
func (o Overview) nobody() string {
	if o.Beside == nil {
		return "no scheduler is at work in " + o.Folder
	}
	hint := cmp.Or(suggest.Choice(path.Base(o.Folder), o.Beside), "name an output folder by --out, or begin one by `clinflow schedule run`")
	return "no scheduler is at work in " + o.Folder + ", nor ever was; " + hint
}

// now says what a DAG is at.
func (s Status) now() string {
	var parts []string
	if s.Paused {
		parts = append(parts, "paused")
	}
	waiting := 0
	for _, r := range s.Open() {
		if r.State == Queued {
			waiting++
			continue
		}
		parts = append(parts, r.State)
	}
	if waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d queued", waiting))
	}
	return cmp.Or(strings.Join(parts, ", "), "-")
}

// last says how the last run ended.
func (s Status) last() string {
	r := s.Last()
	switch {
	case r == nil:
		return "-"
	case r.State == Done && r.Ran == 0:
		return "done, nothing was stale"
	case r.Code < 0:
		return r.State + ", " + killedBy(-r.Code)
	case r.Code != 0:
		return fmt.Sprintf("%s, exit code %d", r.State, r.Code)
	default:
		return r.State
	}
}

// local is a moment as the clocks of the schedule's zone show it.
func (s Status) local(moment time.Time) string {
	zone, err := time.LoadLocation(s.Timezone)
	if moment.IsZero() || err != nil {
		return "-"
	}
	return moment.In(zone).Truncate(time.Second).Format(time.RFC3339)
}

// Upcoming writes the next due times of a DAG after a moment: as its zone's clocks show
// them, and in UTC.
func (d Definition) Upcoming(w io.Writer, after time.Time, count int) error {
	times, err := d.Times()
	if err != nil {
		return err
	}
	due, err := times.Between(after, after.Add(horizon), count)
	for _, moment := range due {
		fmt.Fprintf(w, "%s  %s  %s\n", d.DAG, moment.In(times.zone).Format("Mon 2006-01-02 15:04 MST -0700"), moment.Format(logicalFormat))
	}
	return err
}
