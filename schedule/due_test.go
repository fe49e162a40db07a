package schedule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/adhocore/gronx"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

const minutely = "2006-01-02T15:04Z"

// TestDueTimesAreThoseOfCroniter compares whole years of due times, in zones whose clocks
// are changed in every way there is, with those that oracle/due_times.py wrote.
func TestDueTimesAreThoseOfCroniter(t *testing.T) {
	if testing.Short() {
		t.Skip("all of it is in one goroutine: the race detector, which is given -short, would find nothing")
	}
	text, err := os.ReadFile("testdata/due.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Cron, Timezone, SHA256 string
		Year, Count            int
		Changes                []string
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 100 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		t.Run(c.Timezone+" "+c.Cron, func(t *testing.T) {
			begin := time.Date(c.Year, 1, 1, 0, 0, 0, 0, time.UTC)
			due, err := NewTimes(c.Cron, zone(t, c.Timezone)).Between(begin.Add(-time.Nanosecond), begin.AddDate(1, 0, 0).Add(-time.Nanosecond), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			days := map[string]bool{}
			for _, moment := range c.Changes {
				days[moment[:len("2006-01-02")]] = true
			}
			var changes []string
			var all strings.Builder
			for _, moment := range due {
				text := moment.Format(minutely)
				fmt.Fprintln(&all, text)
				if days[text[:len("2006-01-02")]] {
					changes = append(changes, text)
				}
			}
			sum := sha256.Sum256([]byte(all.String()))
			if diff := cmp.Diff(c.Changes, changes, cmpEmpty); diff != "" || len(due) != c.Count || hex.EncodeToString(sum[:]) != c.SHA256 {
				t.Errorf("%d due times, want %d; on days of changes %s", len(due), c.Count, diff)
			}
		})
	}
}

// cmpEmpty takes no list for an empty one.
var cmpEmpty = cmp.Transformer("empty", func(list []string) string { return strings.Join(list, " ") })

// TestDueTimesHoldTheirRules draws schedules, zones and moments: due times go up, are what
// the zone's clocks show, none lies between two of them, and none comes twice.
func TestDueTimesHoldTheirRules(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"}
	rapid.Check(t, func(t *rapid.T) {
		field := func(name string, low, high int) string {
			one := rapid.IntRange(low, high)
			switch rapid.IntRange(0, 3).Draw(t, name) {
			case 0:
				return "*"
			case 1:
				return fmt.Sprintf("*/%d", one.Draw(t, "step")+1)
			case 2:
				a, b := one.Draw(t, "from"), one.Draw(t, "to")
				return fmt.Sprintf("%d-%d", min(a, b), max(a, b))
			default:
				return fmt.Sprintf("%d,%d", one.Draw(t, "one"), one.Draw(t, "other"))
			}
		}
		cron := field("minute", 0, 59) + " " + field("hour", 0, 23) + " * * " + field("weekday", 0, 6)
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1262304000, 1893456000).Draw(t, "from"), 0).UTC()
		times := NewTimes(cron, zone)
		due, err := times.Between(from, from.AddDate(0, 0, 9), 100)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(due, func(a, b time.Time) int { return a.Compare(b.Add(-time.Minute)) }) {
			t.Fatal("due times do not go up by minutes")
		}
		shows := func(moment time.Time) bool {
			local := moment.In(zone)
			ok, err := gronx.New().IsDue(cron, time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC))
			return ok && err == nil
		}
		start, end := from.In(zone).ZoneBounds()
		quiet := from.AddDate(0, 0, 9).Before(end) && from.AddDate(0, 0, -2).After(start)
		for i, moment := range due {
			if again, err := times.Next(moment.Add(-time.Second)); err != nil || !again.Equal(moment) {
				t.Fatalf("%v is due, but from the second before %v is, %v", moment, again, err)
			}
			if (times.passing || quiet || i == 0 && end.IsZero()) && !shows(moment) {
				t.Fatalf("%s is due at %v", cron, moment.In(zone))
			}
		}
		for moment := from.Truncate(time.Minute).Add(time.Minute); (times.passing || quiet) && len(due) > 0 && moment.Before(due[min(len(due)-1, 5)]); moment = moment.Add(time.Minute) {
			if _, found := slices.BinarySearchFunc(due, moment, time.Time.Compare); shows(moment) != found {
				t.Fatalf("%s at %v: due is %v", cron, moment.In(zone), found)
			}
		}
	})
}

func TestAScheduleThatIsNeverDue(t *testing.T) {
	for _, name := range []string{"UTC", "America/New_York"} {
		if due, err := NewTimes("0 0 30 2 *", zone(t, name)).Next(time.Unix(0, 0)); err == nil {
			t.Errorf("%s: due at %v", name, due)
		}
	}
}
