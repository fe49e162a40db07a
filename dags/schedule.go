package dags

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a slim machine has no time zones of its own

	"github.com/adhocore/gronx"

	"github.com/clinflow/clinflow/internal/suggest"
)

// Schedule says when a DAG is to run by itself. docs/schedule.md says what each key
// means to the scheduler.
type Schedule struct {
	Cron     string // five fields
	Location *time.Location
	Catchup  string // what a scheduler that was away does: CatchupNone and its like
	Overlap  string // what it does while a run is under way: OverlapSkip and its like
	// Retries is how many times a run that ended with exit.Retry, or by a signal, is tried again; other
	// failures are not.
	Retries int
	// RetryDelay is the wait before the first of them. It doubles each time, up to
	// MaxRetryDelay.
	RetryDelay, MaxRetryDelay time.Duration
	Timeout                   time.Duration // after which a run, its retries among it, is ended; 0: never
	Freshness                 time.Duration // within which one run must have ended well; 0: whenever
}

// What becomes of the times that passed while no scheduler was there, or the DAG was
// paused.
const (
	CatchupNone   = "none"   // nothing
	CatchupLatest = "latest" // the last of them is run
	CatchupAll    = "all"    // each is run, one after the other
)

// What becomes of a run that comes due while an earlier one of the DAG is not over.
const (
	OverlapSkip   = "skip"   // it is left out
	OverlapQueue  = "queue"  // it waits
	OverlapCancel = "cancel" // the earlier one is ended
)

var (
	catchups = []string{CatchupNone, CatchupLatest, CatchupAll}
	overlaps = []string{OverlapSkip, OverlapQueue, OverlapCancel}
	// scheduleKeys are what a schedule may say.
	scheduleKeys = []string{
		"cron", "timezone", "catchup", "overlap", "retries", "retry_delay", "max_retry_delay", "timeout", "freshness",
	}
)

// The defaults of a schedule: what is worth another try is tried for a quarter of an
// hour.
const (
	defaultRetries       = 3
	defaultRetryDelay    = 2 * time.Minute
	defaultMaxRetryDelay = time.Hour
)

func (c *checker) schedule(n *node) *Schedule {
	if n == nil {
		return nil
	}
	given := c.object(n, "schedule", scheduleKeys)
	if n.kind == mapping && given["cron"].value == nil {
		c.add(n.at, "schedule.cron", "missing", `five fields: minute, hour, day, month, weekday, as in "0 3 * * SUN"`)
	}
	s := &Schedule{
		Cron:    c.textOf(given, "cron", ""),
		Catchup: c.enumOf(given, "catchup", catchups),
		Overlap: c.enumOf(given, "overlap", overlaps),
		Retries: c.countOf(given, "retries", defaultRetries),
		Timeout: c.durationOf(given, "timeout", 0), Freshness: c.durationOf(given, "freshness", 0),
		RetryDelay: c.durationOf(given, "retry_delay", defaultRetryDelay),
	}
	s.MaxRetryDelay = c.durationOf(given, "max_retry_delay", max(defaultMaxRetryDelay, s.RetryDelay))
	if s.MaxRetryDelay < s.RetryDelay {
		c.add(given["max_retry_delay"].value.at, "schedule.max_retry_delay", "is less than retry_delay", "")
	}
	if s.Cron != "" {
		c.cron(s.Cron, given["cron"].value.at)
	}
	s.Location = c.zone(given)
	return s
}

var (
	cronFields = []string{"minute", "hour", "day", "month", "weekday"}
	// cronField is a list of values, ranges and steps: the parser passes over what
	// follows a range.
	cronField = regexp.MustCompile(`^(([*?]|\w+(-\w+)?)(/\d+)?|\w+#\d)(,(([*?]|\w+(-\w+)?)(/\d+)?|\w+#\d))*$`)
)

// cron checks each field by itself, so that the fault names it, then that they meet
// on some day.
func (c *checker) cron(text string, at position) {
	fields := strings.Fields(text)
	if len(fields) != len(cronFields) {
		c.add(at, "schedule.cron", "want five fields", strings.Join(cronFields, ", "))
		return
	}
	good := true
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if !cronField.MatchString(field) || !gronx.IsValid(strings.Join(alone, " ")) {
			c.add(at, "schedule.cron", field+" is no "+cronFields[i], `as in "0 3 * * SUN": Sundays at three`)
			good = false
		}
	}
	if !good {
		return
	}
	if _, err := gronx.NextTickAfter(strings.Join(fields, " "), time.Unix(0, 0).UTC(), true); err != nil {
		c.add(at, "schedule.cron", "names a time that never comes", "")
	}
}

func (c *checker) textOf(given map[string]entry, key, otherwise string) string {
	e, ok := given[key]
	if !ok {
		return otherwise
	}
	text, _ := c.word(e.value, join("schedule", key))
	return text
}

// enumOf reads a text that is one of the allowed; the first is the default.
func (c *checker) enumOf(given map[string]entry, key string, allowed []string) string {
	text := c.textOf(given, key, allowed[0])
	if text != "" && !slices.Contains(allowed, text) {
		c.add(given[key].value.at, join("schedule", key), text+" is not allowed", suggest.Choice(text, allowed))
	}
	return text
}

// countOf reads a number of times.
func (c *checker) countOf(given map[string]entry, key string, otherwise int) int {
	e, ok := given[key]
	if !ok {
		return otherwise
	}
	path := join("schedule", key)
	if _, ok := c.word(e.value, path); !ok {
		return otherwise
	}
	_, fault := scalarOf(reflect.TypeFor[uint8](), e.value)
	if fault.what != "" {
		c.add(e.value.at, path, fault.what, "a number from 0 to 255")
		return otherwise
	}
	return int(number(e.value.text))
}

// durationOf reads a length of time, which is longer than none.
func (c *checker) durationOf(given map[string]entry, key string, otherwise time.Duration) time.Duration {
	text := c.textOf(given, key, otherwise.String())
	if _, ok := given[key]; !ok || text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		c.add(given[key].value.at, join("schedule", key), text+" is no length of time", "such as 90s, 15m or 36h")
		return otherwise
	}
	return d
}

func (c *checker) zone(given map[string]entry) *time.Location {
	name := c.textOf(given, "timezone", "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		c.add(given["timezone"].value.at, "schedule.timezone", "unknown time zone "+name,
			"a name of the IANA database, such as Europe/Berlin or UTC")
		return nil
	}
	return zone
}
