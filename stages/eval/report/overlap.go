package report

import (
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/task"
)

// overlap says of a task that patients were in more than one split.
type overlap struct {
	Label    string
	Patients smallcell.Count
}

// overlapsOf are those of the tasks that were measured, and of what else was trained.
func overlapsOf(metrics eval.Metrics, logs []*dataset.Dataset, show bool) ([]overlap, error) {
	shared := map[string]smallcell.Count{}
	for _, d := range logs {
		of, _, err := task.Of(d)
		if err != nil {
			return nil, err
		}
		if shared[of.Name] = smallcell.Count(of.SharedPatients); !show {
			shared[of.Name] = smallcell.Of(of.SharedPatients)
		}
	}
	for name, of := range metrics.Tasks {
		shared[name] = of.SharedPatients
	}
	maps.DeleteFunc(shared, func(_ string, n smallcell.Count) bool { return n == 0 })
	var list []overlap
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		list = append(list, overlap{taskLabel(name), shared[name]})
	}
	return list, nil
}
