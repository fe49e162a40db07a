package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
)

// happening is what a test lets happen at a moment of true time.
type happening struct {
	at   string
	what string // kill, stop, back (the next scheduler comes), clock +1h, hand 3h (a run that somebody begins), pause, trigger, resume, define none | faulty | folder | other, end
}

// rule is a row of the table of docs/schedule.md, with what shows it.
type rule struct {
	name       string // as the documentation has it
	cron, zone string
	catchup    string
	overlap    string
	timeout    time.Duration
	lasts      time.Duration
	codes      []int // of the attempts, in order; 0 from then on
	happens    []happening
	want       string
}

const ny = "America/New_York"

var rules = []rule{
	{
		name: "a named time in the hour that spring leaves out", cron: "30 2 * * *", zone: ny,
		happens: []happening{{"2026-03-07T00:00Z", "back"}, {"2026-03-10T00:00Z", "end"}},
		want: `
03-07 07:30 run 2026-03-07T07:30Z schedule
03-08 07:30 run 2026-03-08T07:30Z schedule
03-09 06:30 run 2026-03-09T06:30Z schedule`,
	},
	{
		name: "a named time in the hour that autumn repeats", cron: "30 1 * * *", zone: ny,
		happens: []happening{{"2026-10-31T00:00Z", "back"}, {"2026-11-03T00:00Z", "end"}},
		want: `
10-31 05:30 run 2026-10-31T05:30Z schedule
11-01 05:30 run 2026-11-01T05:30Z schedule
11-02 06:30 run 2026-11-02T06:30Z schedule`,
	},
	{
		name: "every hour, in the hour that autumn repeats", cron: "30 * * * *", zone: ny,
		happens: []happening{{"2026-11-01T05:00Z", "back"}, {"2026-11-01T08:00Z", "end"}},
		want: `
11-01 05:30 run 2026-11-01T05:30Z schedule
11-01 06:30 run 2026-11-01T06:30Z schedule
11-01 07:30 run 2026-11-01T07:30Z schedule`,
	},
	{
		name: "every hour, in the hour that spring leaves out", cron: "30 * * * *", zone: ny,
		happens: []happening{{"2026-03-08T06:00Z", "back"}, {"2026-03-08T08:00Z", "end"}},
		want: `
03-08 06:30 run 2026-03-08T06:30Z schedule
03-08 07:30 run 2026-03-08T07:30Z schedule`,
	},
	{
		name: "every minute of a named hour that spring leaves out", cron: "*/30 2 * * *", zone: ny,
		happens: []happening{{"2026-03-08T00:00Z", "back"}, {"2026-03-09T06:10Z", "end"}},
		want: `
03-09 06:00 run 2026-03-09T06:00Z schedule`,
	},
	{
		name: "a DAG that is new", cron: "0 * * * *", catchup: dags.CatchupAll,
		happens: []happening{{"2026-01-05T03:30Z", "back"}, {"2026-01-05T04:30Z", "end"}},
		want:    "\n01-05 04:00 run 2026-01-05T04:00Z schedule",
	},
	{
		name: "missed, catchup: none", cron: "0 * * * *", catchup: dags.CatchupNone,
		happens: away,
		want: `
01-05 03:30 3 missed
01-05 04:00 run 2026-01-05T04:00Z schedule`,
	},
	{
		name: "missed, catchup: latest", cron: "0 * * * *", catchup: dags.CatchupLatest,
		happens: away,
		want: `
01-05 03:30 2 missed
01-05 03:30 run 2026-01-05T03:00Z catch-up
01-05 04:00 run 2026-01-05T04:00Z schedule`,
	},
	{
		name: "missed, catchup: all", cron: "0 * * * *", catchup: dags.CatchupAll,
		happens: away,
		want: `
01-05 03:30 run 2026-01-05T01:00Z catch-up
01-05 03:30 run 2026-01-05T02:00Z catch-up
01-05 03:30 run 2026-01-05T03:00Z catch-up
01-05 04:00 run 2026-01-05T04:00Z schedule`,
	},
	{
		name: "less than a minute late", cron: "0 * * * *", catchup: dags.CatchupNone,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T00:59Z", "kill"}, {"2026-01-05T01:00:50Z", "back"}, {"2026-01-05T01:10Z", "end"}},
		want:    "\n01-05 01:00 run 2026-01-05T01:00Z schedule",
	},
	{
		name: "overlap: skip", cron: "0 * * * *", overlap: dags.OverlapSkip, lasts: 90 * time.Minute,
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 02:00 1 overlapped
01-05 03:00 run 2026-01-05T03:00Z schedule`,
	},
	{
		name: "overlap: queue", cron: "0 * * * *", overlap: dags.OverlapQueue, lasts: 90 * time.Minute,
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 02:00 run 2026-01-05T02:00Z schedule
01-05 03:00 run 2026-01-05T03:00Z schedule`,
	},
	{
		name: "overlap: cancel", cron: "0 * * * *", overlap: dags.OverlapCancel, lasts: 90 * time.Minute,
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 02:00 run 2026-01-05T02:00Z schedule
01-05 02:00 2026-01-05T01:00Z cancelled
01-05 03:00 run 2026-01-05T03:00Z schedule
01-05 03:00 2026-01-05T02:00Z cancelled`,
	},
	{
		name: "runs that are caught up, overlap: skip", cron: "0 * * * *", catchup: dags.CatchupAll, overlap: dags.OverlapSkip, lasts: 20 * time.Minute,
		happens: away,
		want: `
01-05 03:30 run 2026-01-05T01:00Z catch-up
01-05 03:30 run 2026-01-05T02:00Z catch-up
01-05 03:30 run 2026-01-05T03:00Z catch-up
01-05 04:00 1 overlapped`,
	},
	{
		name: "the clock is set forward", cron: "0 * * * *", catchup: dags.CatchupLatest,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T00:40Z", "clock 3h"}, {"2026-01-05T01:10Z", "end"}},
		want: `
01-05 03:40 2 missed
01-05 03:40 run 2026-01-05T03:00Z catch-up
01-05 04:00 run 2026-01-05T04:00Z schedule`,
	},
	{
		name: "the clock is set back by less than three hours", cron: "0 * * * *", catchup: dags.CatchupAll,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T02:10Z", "clock -2h"}, {"2026-01-05T05:10Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 02:00 run 2026-01-05T02:00Z schedule
01-05 03:00 run 2026-01-05T03:00Z schedule`,
	},
	{
		name: "the clock is set back by more", cron: "0 */2 * * *", catchup: dags.CatchupAll,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T04:10Z", "clock -6h"}, {"2026-01-05T12:10Z", "end"}},
		want: `
01-05 02:00 run 2026-01-05T02:00Z schedule
01-05 04:00 run 2026-01-05T04:00Z schedule
01-05 00:00 run 2026-01-05T00:00Z schedule
01-05 02:00 1 has run
01-05 04:00 1 has run
01-05 06:00 run 2026-01-05T06:00Z schedule`,
	},
	{
		name: "paused and resumed", cron: "0 * * * *", catchup: dags.CatchupLatest,
		happens: []happening{
			{"2026-01-05T00:30Z", "back"}, {"2026-01-05T00:40Z", "pause"}, {"2026-01-05T01:30Z", "trigger"}, {"2026-01-05T02:30Z", "resume"}, {"2026-01-05T03:10Z", "end"},
		},
		want: `
01-05 00:40 asked pause
01-05 01:30 asked trigger
01-05 01:30 run 2026-01-05T01:30Z trigger
01-05 02:30 asked resume
01-05 02:30 1 missed
01-05 02:30 run 2026-01-05T02:00Z catch-up
01-05 03:00 run 2026-01-05T03:00Z schedule`,
	},
	{
		name: "exit code 4", cron: "0 1 * * *", codes: []int{4, 4},
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:01 2026-01-05T01:00Z again at 01:03
01-05 01:04 2026-01-05T01:00Z again at 01:08
01-05 01:09 2026-01-05T01:00Z done`,
	},
	{
		name: "exit code 4, and no retries left", cron: "0 1 * * *", codes: []int{4, 4, 4, 4},
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:01 2026-01-05T01:00Z again at 01:03
01-05 01:04 2026-01-05T01:00Z again at 01:08
01-05 01:09 2026-01-05T01:00Z again at 01:17
01-05 01:18 2026-01-05T01:00Z failed`,
	},
	{
		name: "killed by a signal", cron: "0 1 * * *", codes: []int{-9, 4, -9, -9},
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:01 2026-01-05T01:00Z again at 01:03
01-05 01:01 tells for 2026-01-05T01:00Z: killed by signal 9
01-05 01:04 2026-01-05T01:00Z again at 01:08
01-05 01:09 2026-01-05T01:00Z again at 01:17
01-05 01:09 tells for 2026-01-05T01:00Z: killed by signal 9
01-05 01:18 2026-01-05T01:00Z failed
01-05 01:18 tells for 2026-01-05T01:00Z: killed by signal 9`,
	},
	{
		name: "any other exit code", cron: "0 1 * * *", codes: []int{3},
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:01 2026-01-05T01:00Z failed`,
	},
	{
		name: "timeout", cron: "0 1 * * *", timeout: 30 * time.Minute, lasts: 2 * time.Hour,
		happens: threeHours,
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:30 2026-01-05T01:00Z timed out
01-05 01:30 tells for 2026-01-05T01:00Z: timed out`,
	},
	{
		name: "timeout, and the scheduler was told to end meanwhile", cron: "0 1 * * *", timeout: 90 * time.Minute, lasts: time.Hour,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:45Z", "stop"}, {"2026-01-05T09:00Z", "back"}, {"2026-01-05T23:00Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:45 2026-01-05T01:00Z goes on with the next scheduler
01-05 09:45 2026-01-05T01:00Z timed out
01-05 09:45 tells for 2026-01-05T01:00Z: timed out`,
	},
	{
		name: "timeout, and the machine died meanwhile", cron: "0 1 * * *", timeout: 90 * time.Minute, lasts: time.Hour,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:45Z", "die"}, {"2026-01-05T09:00Z", "back"}, {"2026-01-05T23:00Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 09:00 2026-01-05T01:00Z lost
01-05 10:00 2026-01-05T01:00Z done`,
	},
	{
		name: "timeout, and somebody's own run came first", cron: "0 1 * * *", timeout: 90 * time.Minute, lasts: time.Hour,
		happens: []happening{
			{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:45Z", "die"}, {"2026-01-05T08:00Z", "hand 3h"}, {"2026-01-05T09:00Z", "back"}, {"2026-01-05T23:00Z", "end"},
		},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 11:00 2026-01-05T01:00Z lost
01-05 12:00 2026-01-05T01:00Z done`,
	},
	{
		name: "the scheduler is killed, its run is not", cron: "0 1 * * *", lasts: time.Hour,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:10Z", "kill"}, {"2026-01-05T01:20Z", "back"}, {"2026-01-05T23:00Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 02:00 2026-01-05T01:00Z done`,
	},
	{
		name: "the machine dies", cron: "0 1 * * *", lasts: time.Hour,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:10Z", "die"}, {"2026-01-05T01:20Z", "back"}, {"2026-01-05T23:00Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:20 2026-01-05T01:00Z lost
01-05 02:20 2026-01-05T01:00Z done`,
	},
	{
		name: "the scheduler is told to end", cron: "0 1 * * *", lasts: time.Hour,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:10Z", "stop"}, {"2026-01-05T01:20Z", "back"}, {"2026-01-05T23:00Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:10 2026-01-05T01:00Z goes on with the next scheduler
01-05 02:20 2026-01-05T01:00Z done`,
	},
	{
		name: "the scheduler is told to end, and an earlier one began its run", cron: "0 1 * * *", lasts: time.Hour,
		happens: []happening{
			{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:10Z", "kill"}, {"2026-01-05T01:20Z", "back"}, {"2026-01-05T01:30Z", "stop"},
			{"2026-01-05T01:40Z", "back"}, {"2026-01-05T23:00Z", "end"},
		},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:30 2026-01-05T01:00Z goes on with the next scheduler
01-05 02:40 2026-01-05T01:00Z done`,
	},
	{
		name: "the scheduler is told to end, and somebody's own run is at work", cron: "0 1 * * *", lasts: time.Hour,
		happens: []happening{
			{"2026-01-05T00:30Z", "back"}, {"2026-01-05T01:10Z", "die"}, {"2026-01-05T02:00Z", "hand 3h"}, {"2026-01-05T02:10Z", "back"},
			{"2026-01-05T02:20Z", "stop"}, {"2026-01-05T04:00Z", "back"}, {"2026-01-05T23:00Z", "end"},
		},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 05:00 2026-01-05T01:00Z lost
01-05 06:00 2026-01-05T01:00Z done`,
	},
	{
		name: "a DAG's file has faults, or the folder of it", cron: "0 * * * *",
		happens: []happening{
			{"2026-01-05T00:30Z", "back"}, {"2026-01-05T00:40Z", "define faulty"}, {"2026-01-05T01:30Z", "kill"}, {"2026-01-05T01:31Z", "back"},
			{"2026-01-05T02:30Z", "define folder"}, {"2026-01-05T03:30Z", "define other"}, {"2026-01-05T05:00Z", "end"},
		},
		want: `
01-05 00:40 1 faults
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 01:31 1 faults
01-05 02:00 run 2026-01-05T02:00Z schedule
01-05 02:30 1 faults
01-05 03:00 run 2026-01-05T03:00Z schedule
01-05 03:30 1 faults
01-05 03:30 retired`,
	},
	{
		name: "a DAG loses its schedule", cron: "0 * * * *", overlap: dags.OverlapQueue, lasts: 90 * time.Minute,
		happens: []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T02:10Z", "define none"}, {"2026-01-05T06:00Z", "end"}},
		want: `
01-05 01:00 run 2026-01-05T01:00Z schedule
01-05 02:00 run 2026-01-05T02:00Z schedule
01-05 02:10 retired
01-05 02:10 2026-01-05T01:00Z cancelled`,
	},
}

var (
	away       = []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T00:40Z", "kill"}, {"2026-01-05T03:30Z", "back"}, {"2026-01-05T04:10Z", "end"}}
	threeHours = []happening{{"2026-01-05T00:30Z", "back"}, {"2026-01-05T03:10Z", "end"}}
)

// TestRules plays each row of the documentation's table of rules.
func TestRules(t *testing.T) {
	documentation, err := os.ReadFile("../docs/schedule.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if !strings.Contains(string(documentation), "| "+r.name+" |") {
				t.Error("docs/schedule.md has no row of this rule")
			}
			if diff := cmp.Diff(strings.TrimSpace(r.want), strings.TrimSpace(r.play(t))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// play lets it happen, and returns what was decided and how runs ended that did not end
// well at once.
func (r rule) play(t *testing.T) string {
	moment := func(text string) time.Time {
		for _, layout := range []string{minutely, "2006-01-02T15:04:05Z"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at
			}
		}
		t.Fatal(text)
		return time.Time{}
	}
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	d := definition("x", r.cron, or(r.zone, "UTC"), or(r.catchup, dags.CatchupNone), or(r.overlap, dags.OverlapSkip))
	d.Timeout = r.timeout
	d.File = "/dags/x.yaml"
	read := Reading{Definitions: []Definition{d}}
	w := newWorld(1, moment(r.happens[0].at))
	w.quiet = true
	w.lasts = func(*world, string) time.Duration { return max(r.lasts, time.Minute) }
	attempts := 0
	w.result = func(*world) Result {
		if attempts++; attempts > len(r.codes) {
			return Result{Ran: 1}
		}
		return Result{Code: r.codes[attempts-1], Untold: r.codes[attempts-1] < 0}
	}
	ended := false
	for _, h := range r.happens[1:] {
		kind, value, _ := strings.Cut(h.what, " ")
		w.plan(moment(h.at), func() {
			switch kind {
			case "kill":
				panic(killed{})
			case "die":
				w.processes = nil
				panic(killed{})
			case "stop":
				w.stop()
			case "end":
				ended = true
				panic(killed{})
			case "clock", "hand":
				by, err := time.ParseDuration(value)
				if err != nil {
					t.Fatal(err)
				}
				if kind == "hand" {
					w.processes = append(w.processes, &process{world: w, ends: w.now.Add(by)})
				} else {
					w.wrong += by
				}
			case "define":
				read = map[string]Reading{
					"none": {}, "faulty": {Faults: []Fault{{d.File, "a fault"}}}, "folder": {Faults: []Fault{{"/dags", "not there"}}}, "other": {Faults: []Fault{{"/dags/y.yaml", "a fault"}}},
				}[value]
			case Pause, Resume, Trigger:
				if err := ask(context.Background(), w.memory, w.Now(), Request{Kind: kind, DAG: "x"}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for i := 0; !ended; i++ {
		if err := w.serve(func() (Reading, error) { return read, nil }); err != nil {
			t.Fatal(err)
		}
		for _, h := range r.happens {
			if at := moment(h.at); h.what == "back" && at.After(w.now) {
				for w.now.Before(at) {
					w.passAway(at)
				}
				break
			}
		}
	}
	return r.told(t, w)
}

// told are the events of a world that a row speaks of.
func (r rule) told(t *testing.T, w *world) string {
	var lines strings.Builder
	for _, text := range w.memory.all {
		var e Event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		say := func(format string, args ...any) {
			fmt.Fprintf(&lines, "%s %s\n", e.Time.Format("01-02 15:04"), fmt.Sprintf(format, args...))
		}
		of := strings.TrimPrefix(e.Run, "x@")
		for _, p := range e.Passed {
			say("%d %s", p.Count, p.Why)
		}
		switch e.Kind {
		case requested:
			say("asked %s", e.Request.Kind)
		case filesRead:
			say("%d faults", len(e.Faults))
		case retired:
			say("retired")
		case retryLater:
			say("%s again at %s", of, e.RetryAt.Format("15:04"))
		case attemptLost:
			say("%s lost", of)
		case attemptStopped:
			say("%s goes on with the next scheduler", of)
		case runEnded:
			if e.State != Done || len(r.codes) > 0 || r.lasts == time.Hour {
				say("%s %s", of, e.State)
			}
		}
		if reason, _ := e.Reason(); e.Untold {
			say("tells for %s: %s", of, reason)
		}
		for _, due := range e.Due {
			say("run %s %s", due.Logical.Format(minutely), due.Cause)
		}
	}
	return lines.String()
}
