package schedule

import (
	"time"

	"github.com/clinflow/clinflow/dags"
)

// Definition is what a scheduler knows of a DAG: where its file is, and the schedule that
// it declares.
type Definition struct {
	DAG      string `json:"dag"`  // its name
	File     string `json:"file"` // as `clinflow run` takes it
	Cron     string `json:"cron"`
	Timezone string `json:"timezone"`
	Catchup  string `json:"catchup"` // dags.CatchupNone and its like
	Overlap  string `json:"overlap"` // dags.OverlapSkip and its like

	Retries       int           `json:"retries"`
	RetryDelay    time.Duration `json:"retry_delay_ns"`
	MaxRetryDelay time.Duration `json:"max_retry_delay_ns"`
	Timeout       time.Duration `json:"timeout_ns,omitempty"`   // 0: never
	Freshness     time.Duration `json:"freshness_ns,omitempty"` // 0: whenever
}

// Define is the definition of a DAG that has a schedule.
func Define(d *dags.DAG, file string) Definition {
	s := d.Schedule
	return Definition{
		DAG: d.Name, File: file, Cron: s.Cron, Timezone: s.Location.String(), Catchup: s.Catchup, Overlap: s.Overlap,
		Retries: s.Retries, RetryDelay: s.RetryDelay, MaxRetryDelay: s.MaxRetryDelay, Timeout: s.Timeout, Freshness: s.Freshness,
	}
}

// Times are the moments at which the DAG is due. A time zone that this machine does not
// know is an error.
func (d Definition) Times() (Times, error) {
	zone, err := time.LoadLocation(d.Timezone)
	return NewTimes(d.Cron, zone), err
}

// delay is the wait before a retry, of which the first is number 1.
func (d Definition) delay(retry int) time.Duration {
	delay := d.RetryDelay
	for ; retry > 1 && delay < d.MaxRetryDelay; retry-- {
		delay *= 2
	}
	return min(delay, d.MaxRetryDelay)
}
