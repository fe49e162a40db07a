package engine

import (
	"bytes"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/coder"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	v1b3 "google.golang.org/api/dataflow/v1b3"
)

// Counter names a counter of Beam's.
type Counter struct{ Namespace, Name string }

// Counters are what the workers of a job have counted, over all its transforms.
type Counters map[Counter]int64

// userCounter is what Beam calls a counter of a DoFn's (core/runtime/metricsx/urns.go).
const userCounter = "beam:metric:user:sum_int64:v1"

// countersOf adds up the counters of a job service. One that is in both, as what was
// attempted and what is committed, is the larger.
func countersOf(m ...[]*pipepb.MonitoringInfo) Counters {
	all := Counters{}
	for _, infos := range m {
		sums := Counters{}
		for _, info := range infos {
			n, err := coder.DecodeVarInt(bytes.NewReader(info.GetPayload()))
			if info.GetUrn() == userCounter && err == nil {
				sums[Counter{info.GetLabels()["NAMESPACE"], info.GetLabels()["NAME"]}] += n
			}
		}
		for name, n := range sums {
			all[name] = max(all[name], n)
		}
	}
	return all
}

// dataflowCounters adds up those of Dataflow, without what is tentative.
func dataflowCounters(metrics []*v1b3.MetricUpdate) Counters {
	sums := Counters{}
	for _, m := range metrics {
		n, number := m.Scalar.(float64)
		if m.Name != nil && number && m.Name.Context["tentative"] != "true" {
			sums[Counter{m.Name.Context["namespace"], m.Name.Name}] += int64(n)
		}
	}
	return sums
}
