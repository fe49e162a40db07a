package pipelines_test

import (
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"

	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// Workers count what they do, and what was begun before, as when one of them is lost.
// The client has no other news of them.
func TestWorkersCount(t *testing.T) {
	config := faults{Root: texts(t, 20), Shards: resumedParts, MaxBad: 1}
	lost := task(t, "test.lines", config, 1, "")
	lost.Run = "a run of another process"
	work.failAt = "merge 1"
	onDirect(t, lost, false)
	work.failAt = ""
	// Nothing is recorded as finished, for the task has no identity: three scans and a
	// merge or more are done again.
	counted := onDirect(t, lost, true)
	if counted["clinflow.parts"] != resumedParts || counted["clinflow.begun_again"] < 4 {
		t.Errorf("counted %v", counted)
	}
	notes := lost.Out
	for _, stage := range []string{"test.upper", "test.letters"} {
		if counted := onDirect(t, task(t, stage, config, 2, notes), true); counted["clinflow.parts"] != resumedParts || counted["clinflow.begun_again"] != 0 {
			t.Errorf("%s counted %v", stage, counted)
		}
	}
}

// onDirect runs a task as a worker does, and returns its counters by namespace.
func onDirect(t *testing.T, work pipelines.Task, ends bool) map[string]int64 {
	t.Helper()
	p, err := pipelines.Pipeline(stages.Default, work)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := beam.Run(t.Context(), "direct", p)
	if (err == nil) != ends {
		t.Fatal(err)
	}
	counted := map[string]int64{}
	if err != nil {
		return counted
	}
	for _, c := range ended.Metrics().Query(func(r metrics.SingleResult) bool { return r.Name() == work.Step }).Counters() {
		counted[c.Namespace()] += c.Result()
	}
	return counted
}
