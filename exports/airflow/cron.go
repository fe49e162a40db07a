package airflow

import (
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/internal/exit"
)

var (
	lastWeekday = regexp.MustCompile(`\wL(,|$)`)
	// workday is the working day that is nearest to a day of every month, whatever its weekday.
	workday = regexp.MustCompile(`^([01]?\d|2[0-8])W [*?]$`)
)

// understood refuses what Airflow's cron, croniter, does not take, so that Airflow could not
// read the file, and what of # and W it takes for other days.
func understood(cron string) error {
	if err := exports.CheckDays(cron); err != nil {
		return err
	}
	fields := strings.Fields(strings.ToUpper(cron))
	day, weekday := fields[2], fields[4]
	nth := strings.Count(weekday, "#")
	unknown := ""
	switch {
	case strings.Contains(fields[0]+fields[1]+fields[3], "?"):
		unknown = "? as a minute, hour or month; write *"
	case lastWeekday.MatchString(weekday):
		unknown = "the last weekday of a month"
	case strings.Contains(day, "W") && !workday.MatchString(day+" "+weekday):
		unknown = "W but of one day up to the 28th, without a weekday"
	case nth > 0 && (day != "*" && day != "?" || nth <= strings.Count(weekday, ",")):
		unknown = "# beside other days"
	default:
		return nil
	}
	return exit.Errorf(exit.Usage, "schedule.cron %s: Airflow does not know %s", cron, unknown)
}
