package dags

import (
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a slim machine has no time zones of its own
)

// Schedule says when a DAG runs by itself.
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
	if s.Cron != "" && len(strings.Fields(s.Cron)) != 5 {
		c.add(given["cron"].value.at, "schedule.cron", "want five fields", "minute, hour, day, month, weekday")
	}
	s.Location = c.zone(given)
	return s
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
		c.add(given[key].value.at, join("schedule", key), text+" is not allowed", choice(text, allowed))
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
