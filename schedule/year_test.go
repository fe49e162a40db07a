package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
)

// theYear has both changes of the clocks in all its zones.
var (
	yearBegins = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	yearEnds   = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDue    = yearEnds.AddDate(0, 0, 12) // that is looked at
)

func definition(dag, cron, zone, catchup, overlap string) Definition {
	return Definition{
		DAG: dag, File: dag + ".yaml", Cron: cron, Timezone: zone, Catchup: catchup, Overlap: overlap,
		Retries: 3, RetryDelay: 2 * time.Minute, MaxRetryDelay: time.Hour,
	}
}

func yearOfDAGs() []Definition {
	limited := definition("early", "30 1 * * *", "America/New_York", dags.CatchupLatest, dags.OverlapSkip)
	limited.Timeout = 2 * time.Hour
	return []Definition{
		definition("hourly", "0 * * * *", "America/New_York", dags.CatchupAll, dags.OverlapQueue),
		definition("nightly", "30 2 * * *", "America/New_York", dags.CatchupAll, dags.OverlapQueue),
		limited,
		definition("sixth", "15 */6 * * *", "Europe/Berlin", dags.CatchupNone, dags.OverlapCancel),
		definition("weekly", "15 2 * * SUN", "Australia/Lord_Howe", dags.CatchupLatest, dags.OverlapQueue),
		definition("office", "*/30 10-14 * * MON-FRI", "Europe/Berlin", dags.CatchupNone, dags.OverlapSkip),
		definition("daily", "0 0 * * *", "America/Santiago", dags.CatchupAll, dags.OverlapCancel),
	}
}

// lastsInAYear is how long a run takes: mostly minutes, now and then longer than the time
// to the next.
func lastsInAYear(w *world, file string) time.Duration {
	often, rarely := 9*time.Minute, time.Hour
	switch file {
	case "sixth.yaml":
		often, rarely = 40*time.Minute, 8*time.Hour
	case "early.yaml":
		often, rarely = time.Hour, 5*time.Hour
	}
	if w.random.IntN(40) == 0 {
		return w.drawn(often, rarely)
	}
	return w.drawn(10*time.Second, often)
}

// resultsInAYear are mostly good.
func resultsInAYear(w *world) Result {
	switch draw := w.random.Float64(); {
	case draw < 0.05:
		return Result{Code: int(exit.Retry), Error: "the card is lost"}
	case draw < 0.06:
		return Result{Code: int(exit.BadData), Error: "a gate"}
	default:
		return Result{Ran: 1}
	}
}

// disturb plans the year's faults.
func (w *world) disturb(definitions []Definition) {
	every := func(mean time.Duration, do func()) {
		for at := yearBegins.Add(w.drawn(0, mean)); at.Before(yearEnds); at = at.Add(w.drawn(mean/2, mean*3/2)) {
			w.plan(at, do)
		}
	}
	count := func(what string, do func()) func() { return func() { w.faults[what]++; do() } }
	every(5*24*time.Hour, func() { w.crash("killed", false) })
	every(21*24*time.Hour, func() { w.crash("machine without power", true) })
	every(9*24*time.Hour, count("told to end", func() { w.stop() }))
	every(17*24*time.Hour, count("clock set forward for good", func() { w.wrong += w.drawn(time.Minute, 9*time.Hour) }))
	every(19*24*time.Hour, count("clock set right", func() { w.wrong = 0 }))
	every(23*24*time.Hour, count("clock set back", func() { w.wrong -= w.drawn(time.Minute, 30*time.Hour) }))
	asked := func(kind string, mean time.Duration, due func(d Definition) []time.Time) {
		every(mean, count("asked for a "+kind, func() {
			d := definitions[w.random.IntN(len(definitions))]
			fault := w.memory.fault
			w.memory.fault = func(string) {}
			defer func() { w.memory.fault = fault }()
			_ = ask(context.Background(), w.memory, w.Now(), Request{Kind: kind, DAG: d.DAG, Due: due(d)})
		}))
	}
	none := func(Definition) []time.Time { return nil }
	asked(Pause, 30*24*time.Hour, none)
	asked(Resume, 2*24*time.Hour, none)
	asked(Trigger, 6*24*time.Hour, none)
	asked(Backfill, 15*24*time.Hour, func(d Definition) []time.Time {
		times, _ := d.Times()
		due, _ := times.Between(w.Now().Add(-5*24*time.Hour), w.Now(), 50)
		return due
	})
	w.memory.fault = func(point string) {
		if !w.quiet && w.random.IntN(700) == 0 {
			w.crash("killed "+point+" in the journal", w.random.IntN(4) == 0)
		}
	}
}

// live is a year, and two weeks more in which nothing goes wrong and all comes to its end.
func (w *world) live(t *testing.T, definitions []Definition) {
	define := func() (Reading, error) { return Reading{Definitions: definitions}, nil }
	w.disturb(definitions)
	askAll := func(kind string) {
		for _, d := range definitions {
			if err := ask(context.Background(), w.memory, w.Now(), Request{Kind: kind, DAG: d.DAG}); err != nil {
				t.Error(err)
			}
		}
	}
	w.plan(yearEnds, func() {
		w.quiet, w.wrong = true, 0
		askAll(Resume)
	})
	w.plan(lastDue.Add(time.Second), func() { askAll(Pause) })
	last := yearEnds.AddDate(0, 0, 14)
	w.plan(last, func() { w.stop() })
	for served := 0; w.now.Before(last); served++ {
		if err := w.serve(define); err != nil {
			t.Fatal(err)
		}
		if w.quiet {
			continue
		}
		away := w.drawn(0, 5*time.Second)
		if w.random.IntN(8) == 0 {
			away = w.drawn(time.Minute, 40*time.Hour)
			w.faults["away for longer"]++
		}
		for until := w.now.Add(away); w.now.Before(until); {
			w.passAway(until)
		}
		w.faults["schedulers"]++
	}
}

// passAway lets time pass while no scheduler is at work: what would end one ends none.
func (w *world) passAway(until time.Time) {
	defer func() {
		if thrown := recover(); thrown != nil && thrown != (killed{}) {
			panic(thrown)
		}
	}()
	w.pass(until)
}

// account is what became of a DAG's due times and runs, by the events that were ever
// written: it knows nothing of how they came about.
type account struct {
	due, run, done, failed, cancelled, timedOut, missed, overlapped, asked int
	lost, doubled                                                          int
}

// events are those that were ever written, numbered without a gap.
func (w *world) events(t *testing.T) []Event {
	events := make([]Event, len(w.memory.all))
	for i, text := range w.memory.all {
		if err := json.Unmarshal(text, &events[i]); err != nil || events[i].Number != int64(i+1) {
			t.Fatalf("event %d in the place of %d: %v", events[i].Number, i+1, err)
		}
	}
	return events
}

func (w *world) account(t *testing.T, events []Event, d Definition) (a account) {
	times, err := d.Times()
	if err != nil {
		t.Fatal(err)
	}
	due, err := times.Between(yearBegins, lastDue, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	runs, passedBy, ends := map[time.Time][]string{}, map[time.Time]string{}, map[string][]string{}
	state := newState()
	for _, e := range events {
		if e.DAG != d.DAG {
			continue
		}
		before := map[string]bool{}
		if known := state.DAGs[d.DAG]; known != nil {
			for _, r := range known.open() {
				before[r.ID] = true
			}
		}
		state.apply(e)
		for id := range before {
			if r := state.Run(id); r == nil || !r.Open() {
				ends[id] = append(ends[id], state.ended(id))
			}
		}
		for _, one := range e.Due {
			switch one.Cause {
			case Triggered, Backfilled:
				a.asked++
			default:
				runs[one.Logical] = append(runs[one.Logical], one.ID)
			}
			ends[one.ID] = append(ends[one.ID], "")
		}
		for _, p := range e.Passed {
			w.checkPassed(t, d, e, p, times, passedBy, len(before) > 0 || len(e.Due) > 0 || len(e.Passed) > 1)
		}
	}
	for _, moment := range due {
		a.due++
		switch ids := runs[moment]; {
		case len(ids) == 1:
			a.run++
		case len(ids) > 1:
			a.doubled++
			t.Errorf("%s: %v was run %d times", d.DAG, moment, len(ids))
		case passedBy[moment] == Missed:
			a.missed++
		case passedBy[moment] == Overlapped:
			a.overlapped++
		case passedBy[moment] == HasRun: // by a backfill
			a.asked--
			a.run++
		default:
			a.lost++
			t.Errorf("%s: nothing was decided of %v", d.DAG, moment)
		}
	}
	for id, end := range ends {
		if len(end) != 2 {
			a.lost++
			t.Errorf("the run %s ended %d times: %v", id, len(end)-1, end)
			continue
		}
		switch end[1] {
		case Done:
			a.done++
		case Failed:
			a.failed++
		case Cancelled:
			a.cancelled++
		case TimedOut:
			a.timedOut++
		}
		if good := w.completed[id]; good > 1 || (good == 1) != (end[1] == Done) {
			a.doubled++
			t.Errorf("the run %s is %s, and was completed %d times", id, end[1], good)
		}
	}
	return a
}

// ended is the state of a run that is over.
func (s *State) ended(id string) string {
	if r := s.Run(id); r != nil {
		return r.State
	}
	return "forgotten"
}

// checkPassed notes the due times that were passed over, and that there was a reason.
func (w *world) checkPassed(t *testing.T, d Definition, e Event, p Passed, times Times, by map[time.Time]string, busy bool) {
	due, err := times.Between(p.First.Add(-time.Minute), p.Last, 1<<20)
	if err != nil || len(due) != p.Count {
		t.Errorf("%s: event %d passes %d due times over, and there are %d; %v", d.DAG, e.Number, p.Count, len(due), err)
	}
	for _, moment := range due {
		if p.Why != HasRun || by[moment] == "" {
			by[moment] = p.Why
		}
	}
	switch {
	case p.Why == Missed && (d.Catchup == dags.CatchupAll || e.Time.Sub(p.Last) <= grace):
		t.Errorf("%s: event %d misses %v at %v", d.DAG, e.Number, p.Last, e.Time)
	case p.Why == Overlapped && (d.Overlap == dags.OverlapQueue || !busy):
		t.Errorf("%s: event %d leaves %v out, and no run was in its way", d.DAG, e.Number, p.Last)
	}
}

// TestYear lets schedulers be at work for a year with both changes of the clocks, killed
// at any point of their work, away for hours, with clocks set forth and back, pauses,
// requests, and runs that fail, hang and overlap. No run is lost, and none is doubled. It
// prints the table.
func TestYear(t *testing.T) {
	if testing.Short() {
		t.Skip("all of it is in one goroutine: the race detector, which is given -short, would find nothing")
	}
	definitions := yearOfDAGs()
	w := newWorld(1, yearBegins)
	w.lasts, w.result = lastsInAYear, resultsInAYear
	w.live(t, definitions)
	events := w.events(t)
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "DAG\tcatchup\toverlap\tdue\trun\tmissed\toverlapped\tasked for\tdone\tfailed\tcancelled\ttimed out\tlost\tdoubled\t")
	for _, d := range definitions {
		a := w.account(t, events, d)
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", d.DAG, d.Catchup, d.Overlap,
			a.due, a.run, a.missed, a.overlapped, a.asked, a.done, a.failed, a.cancelled, a.timedOut, a.lost, a.doubled)
		if a.due != a.run+a.missed+a.overlapped || a.done == 0 {
			t.Errorf("%s: %+v", d.DAG, a)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(w.faults)) {
		faults = append(faults, fmt.Sprintf("%d %s", w.faults[name], name))
	}
	t.Logf("\n%s%d events; %s", table.String(), len(w.memory.all), strings.Join(faults, ", "))
	for _, point := range []string{"before create", "after create", "before remove", "after remove"} {
		if w.faults["killed "+point+" in the journal"] == 0 {
			t.Errorf("no scheduler was killed %s", point)
		}
	}
}
