package ui

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clinflow/clinflow/stages/eval"
)

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
