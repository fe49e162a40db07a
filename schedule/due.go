// Package schedule starts the runs of DAGs by their schedules: when a run is due, what
// becomes of those that were missed or meet an earlier one, and the journal from which a
// scheduler goes on after whatever ended the one before it. What a run does is behind
// Runner. docs/schedule.md has the rules.
package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// Times are the moments at which a schedule is due: whole minutes, as the clocks of a
// time zone show them.
//
// A schedule whose minute or hour begins with * counts the minutes that pass: in the hour
// that a zone repeats it is due twice, in one that it leaves out never. Any other names
// times of the day, each of which comes once: the first time where the hour is repeated,
// and where it is left out as much later as the clocks were put forward. Which is which
// is Vixie cron's rule as Debian ships it (cron(8), Notes), and the time in an hour that
// is left out or repeated RFC 5545's (section 3.3.5).
type Times struct {
	cron    string
	zone    *time.Location
	passing bool // it counts minutes
}

// NewTimes are the times of a cron expression of five fields in a time zone.
func NewTimes(cron string, zone *time.Location) Times {
	fields := strings.Fields(cron)
	t := Times{cron: strings.Join(fields, " "), zone: zone}
	for _, field := range fields[:min(2, len(fields))] {
		t.passing = t.passing || strings.HasPrefix(field, "*") || strings.HasPrefix(field, "?")
	}
	return t
}

// horizon is how far ahead a due time is looked for: a 29 February that is a given
// weekday comes every 28 years, and after 40 where a century lies between.
const horizon = 41 * 366 * 24 * time.Hour

// Next is the first moment after another at which the schedule is due.
func (t Times) Next(after time.Time) (time.Time, error) {
	after = after.UTC()
	for s := t.spanOf(after); ; s = t.spanOf(s.end) {
		due, err := t.first(s, after)
		if err != nil || !due.IsZero() {
			return due, err
		}
		if s.end.Sub(after) > horizon {
			return time.Time{}, fmt.Errorf("the schedule %q is not due in the next forty years", t.cron)
		}
	}
}

// Between are the due times after one moment and up to another, at most so many of them.
func (t Times) Between(after, until time.Time, most int) (due []time.Time, err error) {
	for len(due) < most {
		if after, err = t.Next(after); err != nil || after.After(until) {
			break
		}
		due = append(due, after)
	}
	return due, err
}

// span is a stretch of time in which a zone's clocks are not changed.
type span struct {
	start, end time.Time // zero: it has none
	offset     time.Duration
	before     time.Duration // the offset of the span before
}

func (t Times) spanOf(moment time.Time) span {
	var s span
	local := moment.In(t.zone)
	s.start, s.end = local.ZoneBounds()
	s.offset = offsetOf(local)
	if s.before = s.offset; !s.start.IsZero() {
		s.before = offsetOf(s.start.Add(-time.Second).In(t.zone))
	}
	return s
}

func offsetOf(local time.Time) time.Duration {
	_, seconds := local.Zone()
	return time.Duration(seconds) * time.Second
}

// first is the first moment of a span after another at which the schedule is due; zero
// if there is none.
func (t Times) first(s span, after time.Time) (time.Time, error) {
	from := after.Truncate(time.Minute).Add(time.Minute)
	if from.Before(s.start) {
		from = s.start.UTC()
	}
	begin := from.Add(s.offset)
	if shown := s.start.UTC().Add(s.before); !t.passing && begin.Before(shown) && !s.start.IsZero() {
		begin = shown // what the clocks show until then they have shown before
	}
	due, err := t.shown(begin, s.offset)
	if err != nil {
		return time.Time{}, err
	}
	if left := s.start.UTC().Add(s.offset); !t.passing && s.before < s.offset && from.Add(s.before).Before(left) {
		late, err := t.shown(from.Add(s.before), s.before)
		if err != nil {
			return time.Time{}, err
		}
		if late.Add(s.before).Before(left) && late.Before(due) {
			due = late
		}
	}
	if !s.end.IsZero() && !due.Before(s.end) {
		return time.Time{}, nil
	}
	return due, nil
}

// shown is the first moment at which the schedule is due when clocks that are offset from
// UTC show the given time or a later one. The time is written as if it were UTC's.
func (t Times) shown(clock time.Time, offset time.Duration) (time.Time, error) {
	if whole := clock.Truncate(time.Minute); whole.Before(clock) {
		clock = whole.Add(time.Minute) // of old, zones were offset by seconds
	}
	next, err := gronx.NextTickAfter(t.cron, clock, true)
	if err != nil {
		return time.Time{}, fmt.Errorf("the schedule %q: %w", t.cron, err)
	}
	return next.Add(-offset), nil
}
