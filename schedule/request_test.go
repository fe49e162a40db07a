package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
)

// TestARunThatIsAskedForIsNoOther, of those among it that are forgotten here, while the
// journals of runs have them still: an attempt of it would be taken for one of those.
func TestARunThatIsAskedForIsNoOther(t *testing.T) {
	const runs = historyLength + historySpare
	hours := func(n int) time.Time { return yearBegins.Add(time.Duration(n) * time.Hour) }
	state, d := newState(), definition("x", "0 * * * *", "UTC", dags.CatchupAll, dags.OverlapQueue)
	state.apply(Event{Kind: defined, DAG: "x", Definition: &d})
	ids := map[string]bool{}
	for i := range runs {
		due := Due{ID: idOf("x", hours(i)), Logical: hours(i), Cause: Scheduled}
		ids[due.ID] = true
		state.apply(Event{Kind: decided, DAG: "x", Through: hours(i), Due: []Due{due}})
		state.apply(Event{Kind: runEnded, DAG: "x", Run: due.ID, State: Done})
	}
	for name, r := range map[string]Request{
		"backfill of a time that is forgotten": {Kind: Backfill, Due: []time.Time{hours(0), hours(1)}},
		"backfill of a time without a run":     {Kind: Backfill, Due: []time.Time{hours(runs)}},
		"trigger":                              {Kind: Trigger, Time: hours(0)},
	} {
		t.Run(name, func(t *testing.T) {
			r.ID = "20260101T000000.000000000-marked"
			e := r.event(state.DAGs["x"])
			if len(e.Due) != max(1, len(r.Due)) {
				t.Errorf("runs of %d times", len(e.Due))
			}
			for _, due := range e.Due {
				if ids[due.ID] || due.ID != idOf("x", due.Logical)+".marked" {
					t.Errorf("the id %s", due.ID)
				}
			}
		})
	}
}

// TestAFileThatIsNoRequest is named, and is all that is to be removed.
func TestAFileThatIsNoRequest(t *testing.T) {
	files := newWorld(1, yearBegins).memory
	j := opened(t, files)
	if err := files.create(t.Context(), requestsFolder+"mine"+suffix, []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := j.requests(t.Context()); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "requests/mine.json") || !strings.Contains(err.Error(), "remove that file") {
		t.Error(err)
	}
}
