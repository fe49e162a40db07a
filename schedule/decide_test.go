package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
)

// TestAThousandRunsOfADAGAreOpenAtMost, of those that nobody asked for. What comes due
// beyond is counted, and every time is decided.
func TestAThousandRunsOfADAGAreOpenAtMost(t *testing.T) {
	for name, c := range map[string]struct {
		overlap, asked string
		steps          []time.Duration // the moments at which is decided
		open           int
		passed         map[string]int
	}{
		"caught up after two weeks": {dags.OverlapQueue, "", []time.Duration{14 * 24 * time.Hour}, mostOpen, map[string]int{OverLimit: 14*24*60 - mostOpen}},
		"up to the limit":           {dags.OverlapQueue, "", []time.Duration{mostOpen * time.Minute}, mostOpen, map[string]int{}},
		"away twice":                {dags.OverlapQueue, "", []time.Duration{900 * time.Minute, 1800 * time.Minute}, mostOpen, map[string]int{OverLimit: 800}},
		"on time, overlap: queue":   {dags.OverlapQueue, "", []time.Duration{1100 * time.Minute, 1101 * time.Minute}, mostOpen, map[string]int{OverLimit: 101}},
		"on time, overlap: skip":    {dags.OverlapSkip, "", []time.Duration{1100 * time.Minute, 1101 * time.Minute}, mostOpen, map[string]int{OverLimit: 98, Overlapped: 3}},
		"on time, overlap: cancel":  {dags.OverlapCancel, "", []time.Duration{1100 * time.Minute, 1101 * time.Minute}, 1, map[string]int{OverLimit: 98, Overlapped: 1}},
		"behind a backfill":         {dags.OverlapQueue, Backfilled, []time.Duration{time.Minute}, 1 + mostOpen, map[string]int{}},
		"behind triggered runs":     {dags.OverlapQueue, Triggered, []time.Duration{time.Minute}, 1 + mostOpen, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			definition := definition("x", "* * * * *", "UTC", dags.CatchupAll, c.overlap)
			d := &DAG{Definition: definition, Through: yearBegins, Passed: map[string]int{}}
			for i := range mostOpen {
				if c.asked != "" {
					d.Runs = append(d.Runs, &Run{ID: fmt.Sprint(i), State: Queued, Cause: c.asked, Logical: yearBegins.Add(time.Duration(-i) * time.Minute)})
				}
			}
			for _, step := range c.steps {
				decideAll(t, d, yearBegins.Add(step))
			}
			if open := len(d.open()); open != c.open {
				t.Errorf("%d runs are open, want %d", open, c.open)
			}
			if diff := cmp.Diff(c.passed, d.Passed); diff != "" {
				t.Error(diff)
			}
			if last := yearBegins.Add(c.steps[len(c.steps)-1]); !d.Through.Equal(last) {
				t.Errorf("decided through %v, want %v", d.Through, last)
			}
		})
	}
}

// decideAll lets come true what is decided at a moment.
func decideAll(t *testing.T, d *DAG, now time.Time) {
	t.Helper()
	for {
		e, err := d.decide(now)
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			return
		}
		e.Time = now
		d.apply(*e)
	}
}
