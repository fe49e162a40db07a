package schedule

import (
	"encoding/json"
	"testing"
	"time"
)

// TestSpent is of what a sum of a journal says of runs, that of an older binary among it.
func TestSpent(t *testing.T) {
	const stopped = `"started":"2026-01-05T01:00:00Z","spent_ns":1800000000000,"counted":"2026-01-05T03:00:00Z"`
	for name, c := range map[string]struct {
		run  string
		want time.Duration
	}{
		"it has not begun":                  {`{"state":"queued","queued":"2026-01-05T01:00:00Z"}`, 0},
		"it was stopped":                    {`{"state":"queued",` + stopped + `}`, 30 * time.Minute},
		"it was begun again":                {`{"state":"running",` + stopped + `}`, 90 * time.Minute},
		"a retry is waited for":             {`{"state":"retrying","retry_at":"2026-01-05T05:00:00Z",` + stopped + `}`, 90 * time.Minute},
		"a retry waits for other runs":      {`{"state":"retrying","retry_at":"2026-01-05T03:10:00Z",` + stopped + `}`, 40 * time.Minute},
		"the clock was set back":            {`{"state":"running","started":"2026-01-05T05:00:00Z","counted":"2026-01-05T05:00:00Z"}`, 0},
		"it was begun by an older binary":   {`{"state":"running","started":"2026-01-05T01:00:00Z"}`, 3 * time.Hour},
		"an older binary tries it again":    {`{"state":"retrying","started":"2026-01-05T01:00:00Z","retry_at":"2026-01-05T05:00:00Z"}`, 3 * time.Hour},
		"it was stopped by an older binary": {`{"state":"queued","started":"2026-01-05T01:00:00Z"}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var r Run
			if err := json.Unmarshal([]byte(c.run), &r); err != nil {
				t.Fatal(err)
			}
			if spent := r.spent(time.Date(2026, 1, 5, 4, 0, 0, 0, time.UTC)); spent != c.want {
				t.Errorf("%s, want %s", spent, c.want)
			}
		})
	}
}

// An older binary's sum told of the scheduler too, whom its lock tells of now.
func TestASumOfAnOlderBinaryIsRead(t *testing.T) {
	files := newWorld(1, yearBegins).memory
	const sum = `{"number":7,"dags":{"x":{"dag":"x","since":"2026-01-05T01:00:00Z","runs":[{"id":"x@2026-01-05T01:00Z","state":"running","attempt":1}],"passed":{}}},` +
		`"process":12,"host":"a","since":"2026-01-05T01:00:00Z","applied":{}}`
	if err := files.create(t.Context(), sumName(7), []byte(sum)); err != nil {
		t.Fatal(err)
	}
	j := opened(t, files)
	wrote(t, j, Event{Kind: schedulerCame, Process: 13, Host: "b"})
	if r := opened(t, files).state.Run("x@2026-01-05T01:00Z"); r == nil || r.State != Running || r.Attempt != 1 {
		t.Errorf("%+v", r)
	}
}
