package exports

import (
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// CheckDays refuses a cron whose day and weekday both say something and one of which begins
// with *, as */2: clinflow runs where both hold, as cron does, and other schedulers where
// either does.
func CheckDays(cron string) error {
	fields := strings.Fields(cron)
	day, weekday := fields[2], fields[4]
	says := func(field string) bool { return field != "*" && field != "?" }
	if says(day) && says(weekday) && (day[0] == '*' || weekday[0] == '*') {
		return exit.Errorf(exit.Usage, "schedule.cron %s: where a day or a weekday begins with * the other scheduler runs where either holds, and clinflow where both do; name the days, or leave one of the two at *", cron)
	}
	return nil
}
