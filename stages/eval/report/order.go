package report

import (
	"iter"
	"slices"
	"strings"
)

// The six ways and five tasks of the paper's Table 3, in its order.
var (
	paperWays  = []string{"head", "lora", "clinical_frozen", "clinical_frozen_downstream", "clinical_trainable", "clinical_trainable_downstream"}
	paperTasks = []string{"pmv", "mor", "los", "diag", "proc"}
)

// taskNames spells the paper's tasks out.
var taskNames = map[string]string{
	"pmv":  "prolonged mechanical ventilation",
	"mor":  "in-hospital mortality",
	"los":  "length of stay",
	"diag": "diagnoses",
	"proc": "procedures",
}

// ordered are the names that the paper has, in its order, then the others.
func ordered(names iter.Seq[string], paper []string) []string {
	sorted := slices.Sorted(names)
	var known []string
	for _, name := range paper {
		if slices.Contains(sorted, name) {
			known = append(known, name)
		}
	}
	return append(known, slices.DeleteFunc(sorted, func(name string) bool { return slices.Contains(paper, name) })...)
}

// taskLabel is how a task is headed: the paper's in capitals.
func taskLabel(task string) string {
	if taskNames[task] != "" {
		return strings.ToUpper(task)
	}
	return task
}
