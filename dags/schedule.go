package dags

import (
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a slim machine has no time zones of its own

	"github.com/adhocore/gronx"

	"github.com/clinflow/clinflow/internal/suggest"
)

// Schedule says when a DAG is to run by itself. It is checked and kept; no command
// of clinflow starts runs by it.
type Schedule struct {
	Cron     string // five fields
	Location *time.Location
	Catchup  string // what a scheduler that was away does: none, latest, all
	Overlap  string // what it does while a run is under way: skip, wait
}

var (
	catchups = []string{"none", "latest", "all"}
	overlaps = []string{"skip", "wait"}
)

func (c *checker) schedule(n *node) *Schedule {
	if n == nil {
		return nil
	}
	given := c.object(n, "schedule", []string{"cron", "timezone", "catchup", "overlap"})
	if n.kind == mapping && given["cron"].value == nil {
		c.add(n.at, "schedule.cron", "missing", `five fields: minute, hour, day, month, weekday, as in "0 3 * * SUN"`)
	}
	s := &Schedule{
		Cron:    c.textOf(given, "cron", ""),
		Catchup: c.enumOf(given, "catchup", catchups),
		Overlap: c.enumOf(given, "overlap", overlaps),
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
