package ui

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages/eval"
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
)

// Describe tells nothing: which metrics there are depends on the runs.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// answerWithin bounds the reading of journals for one answer.
const answerWithin = 30 * time.Second

// Collect reads the folders. What cannot be read makes the answer an error.
func (c collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	if err := c.collect(ctx, to); err != nil {
		to <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
	}
}

func (c collector) collect(ctx context.Context, to chan<- prometheus.Metric) error {
	var all []told
	for _, f := range c.s.folders {
		runs, err := f.Runs(ctx)
		if err != nil {
			return err
		}
		for _, run := range runs {
			all = append(all, tell(f, run))
		}
	}
	rows, _, err := c.s.rows(ctx, c.s.folders, all)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Folder == nil {
			continue
		}
		put := putter(to, row.Folder, row.Name)
		if row.Last != nil {
			put.last(*row.Last)
			put.states(runsDesc, statesOf(all, row))
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
		if err := put.measured(ctx, row.Folder, of(all, row)); err != nil {
			return err
		}
	}
	return nil
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

func statesOf(all []told, row dagRow) map[string]int {
	count := map[string]int{runners.Running: 0, runners.OutcomeDone: 0, runners.OutcomeFailed: 0, runners.OutcomeInterrupted: 0}
	for _, t := range of(all, row) {
		count[t.State]++
	}
	return count
}

func stamp(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// puts sends metrics of one DAG in one folder.
type puts struct {
	to     chan<- prometheus.Metric
	labels []string
}

func putter(to chan<- prometheus.Metric, f *folder, dag string) puts {
	return puts{to, []string{strconv.Itoa(f.Number), dag}}
}

func (p puts) value(d *prometheus.Desc, value float64, labels ...string) {
	p.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append(append([]string{}, p.labels...), labels...)...)
}

func (p puts) states(d *prometheus.Desc, count map[string]int) {
	for state, n := range count {
		p.value(d, float64(n), state)
	}
}

func (p puts) last(t told) {
	p.value(startDesc, stamp(t.Started))
	p.value(tookDesc, t.Took.Seconds())
	count := map[string]int{"waiting": t.Planned - len(t.Steps)}
	for _, s := range t.Steps {
		count[s.State]++
		if s.Seconds > 0 {
			p.value(stepTookDesc, s.Seconds, s.Step)
		}
		if s.PeakMemory > 0 {
			p.value(memoryDesc, float64(s.PeakMemory), s.Step)
		}
	}
	p.states(stepsDesc, count)
}

// measured sends what the last run measured that measured something.
func (p puts) measured(ctx context.Context, f *folder, runs []told) error {
	all, err := f.allMeasured(ctx, runs)
	last := map[string]measurement{}
	for _, m := range all {
		last[m.step] = m
	}
	for step, m := range last {
		for variant, scores := range m.scored() {
			for task, score := range scores.Tasks {
				p.auroc(score, step, variant, task)
			}
		}
	}
	return err
}

func (p puts) auroc(score eval.TaskScore, labels ...string) {
	if score.AUROC == nil {
		return
	}
	p.value(aurocDesc, *score.AUROC, labels...)
	if score.Interval != nil {
		p.value(lowDesc, score.Interval.Low, labels...)
		p.value(highDesc, score.Interval.High, labels...)
	}
}

// prometheus answers what Prometheus asks, without what client_golang tells of the
// process by itself.
func (s *Server) prometheus() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{s})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
