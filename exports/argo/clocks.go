package argo

import (
	"fmt"
	"strings"
	"time"

	"github.com/adhocore/gronx"

	"github.com/clinflow/clinflow/dags"
)

// ahead is a moment of years to come, so that a file says the same whenever it is written.
// What zones have as a list of changes, as Morocco does, goes on until later.
var ahead = time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)

// changes says what becomes of named times that a zone leaves out or repeats when its clocks
// are changed: clinflow runs each once, and Argo goes by what the clocks show.
func changes(s *dags.Schedule) (notes []string) {
	at := ahead.In(s.Location)
	for range 2 { // forward and back
		if _, at = at.ZoneBounds(); at.IsZero() {
			return notes
		}
		_, before := at.Add(-time.Second).Zone()
		_, after := at.Zone()
		switch named := names(s.Cron, at, before, after); {
		case named && before < after:
			notes = append(notes, fmt.Sprintf("clocks: Argo does not run a time that %s leaves out when they are put forward.", s.Location))
		case named:
			notes = append(notes, fmt.Sprintf("clocks: Argo runs twice a time that %s repeats when they are put back.", s.Location))
		}
	}
	return notes
}

// names says whether a cron names a time of the day between what clocks show before and after
// a change. One whose minute or hour begins with * or ? names none: it counts what passes.
func names(cron string, at time.Time, before, after int) bool {
	fields := strings.Fields(cron)
	if strings.ContainsAny(fields[0][:1]+fields[1][:1], "*?") {
		return false
	}
	shown := func(offset int) time.Time { return at.UTC().Add(time.Duration(offset) * time.Second) }
	due, err := gronx.NextTickAfter(fields[0]+" "+fields[1]+" * * *", shown(min(before, after)), true)
	return err == nil && due.Before(shown(max(before, after)))
}
