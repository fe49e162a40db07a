package ui

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/clinflow/clinflow/runners"
)

// collector tells Prometheus what the pages tell, as numbers: it reads the journals when
// it is asked. A folder is told by its number, for its name may tell more.
type collector struct{ s *Server }

// describe makes the description of a metric of a DAG in a folder.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("clinflow_"+name, help, append([]string{"folder", "dag"}, labels...), nil)
}

var (
	runsDesc     = describe("runs", "Runs that the journals know, by state.", "state")
	startDesc    = describe("last_run_start_timestamp_seconds", "When the last run began.")
	tookDesc     = describe("last_run_duration_seconds", "How long the last run took, so far where it is at work.")
	goodDesc     = describe("last_good_run_start_timestamp_seconds", "When the last run began that was done.")
	stepsDesc    = describe("last_run_steps", "Steps of the last run, by state.", "state")
	stepTookDesc = describe("step_duration_seconds", "How long a step of the last run took that is over.", "step")
	memoryDesc   = describe("step_peak_memory_bytes", "The most memory that the process had while a step of the last run was at work.", "step")
	aurocDesc    = describe("auroc", "AUROC of the last run that measured one, small cells hidden as its file has them.", "step", "variant", "task")
	lowDesc      = describe("auroc_low", "The lower end of the interval of an AUROC.", "step", "variant", "task")
	highDesc     = describe("auroc_high", "The upper end of the interval of an AUROC.", "step", "variant", "task")
	nextDesc     = describe("schedule_next_timestamp_seconds", "When a DAG is due next.")
	faultsDesc   = describe("schedule_faults", "How many things a scheduler finds wrong with a DAG.")
	unreadDesc   = prometheus.NewDesc("clinflow_folder_unread", "What of a folder cannot be read and is left out: its journals, its schedules, what a DAG measured.", []string{"folder"}, nil)
)

// Describe tells nothing: which metrics there are depends on the runs.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// answerWithin bounds the reading of journals for one answer.
const answerWithin = 30 * time.Second

// Collect reads the folders. What cannot be read is counted, for an error would tell paths,
// and hides nothing else.
func (c collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	missed := map[*folder]int{}
	rows, all := c.read(ctx, missed)
	for _, row := range rows {
		if row.Folder != nil && sendRow(ctx, to, row, of(all, row)) != nil {
			missed[row.Folder]++
		}
	}
	for _, f := range c.s.folders {
		to <- prometheus.MustNewConstMetric(unreadDesc, prometheus.GaugeValue, float64(missed[f]), strconv.Itoa(f.Number))
	}
}

// read are the DAGs and the runs of the folders that can be read.
func (c collector) read(ctx context.Context, missed map[*folder]int) (rows []dagRow, all []told) {
	var read []*folder
	for _, f := range c.s.folders {
		runs, err := f.Runs(ctx)
		if err != nil {
			missed[f]++
			continue
		}
		read = append(read, f)
		for _, run := range runs {
			all = append(all, tell(f, run))
		}
	}
	rows, _, dark := c.s.rows(ctx, read, all)
	for _, d := range dark {
		missed[d.folder]++
	}
	return rows, all
}

// sendRow sends what is known of a DAG in a folder, whose runs are the latest first.
func sendRow(ctx context.Context, to chan<- prometheus.Metric, row dagRow, runs []told) error {
	put := putter(to, row.Folder, row.Name)
	if row.Last != nil {
		put.last(*row.Last)
		put.states(runsDesc, statesOf(runs))
	}
	if row.Good != nil {
		put.value(goodDesc, stamp(row.Good.Started))
	}
	if row.Scheduled {
		put.value(faultsDesc, float64(len(row.Faults)))
	}
	if !row.Next.IsZero() {
		put.value(nextDesc, stamp(row.Next))
	}
	return put.measured(ctx, row.Folder, runs)
}

// of are the runs of a row, the latest first.
func of(all []told, row dagRow) (runs []told) {
	for _, t := range all {
		if t.Folder == row.Folder && t.DAG == row.Name {
			runs = append(runs, t)
		}
	}
	return runs
}

func statesOf(runs []told) map[string]int {
	count := map[string]int{runners.Running: 0, runners.OutcomeDone: 0, runners.OutcomeFailed: 0, runners.OutcomeInterrupted: 0}
	for _, t := range runs {
		count[t.State]++
	}
	return count
}

// prometheus answers what Prometheus asks, without what client_golang tells of the
// process by itself.
func (s *Server) prometheus() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{s})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

func stamp(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
