// Package predictions reads what models predicted, for the stages that measure it: where the
// examples of a variant and task lie, as columns of as many classes at a time as memory
// holds, or row by row.
package predictions

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// The ports say what predictions are: a variant's, or those of the baseline, which
// every variant should beat, of the best possible model, or of a variant in another run;
// before a gate, those of an adapter that may be promoted, and of the current one.
const (
	PortVariants = "predictions"
	PortBaseline = "baseline"
	PortBest     = "known_best"
	PortOther    = "other_run"

	PortCandidate = "candidate"
	PortCurrent   = "current"
)

// Ports are all of them, in the order in which they are told.
var Ports = []string{PortVariants, PortBaseline, PortBest, PortOther, PortCandidate, PortCurrent}

// oneVariant says whether all predictions of a port are of one variant, which has the
// port's name.
func oneVariant(port string) bool { return port != PortVariants && port != PortOther }

// Key names predictions that are measured together. Those of the baseline and
// of the best possible model are one variant, which has the port's name.
type Key struct{ Port, Variant, Task string }

// String is the key as accumulators carry it.
func (k Key) String() string { return strings.Join([]string{k.Port, k.Variant, k.Task}, "/") }

// ParseKey reads what String wrote.
func ParseKey(text string) Key {
	names := strings.Split(text, "/")
	return Key{names[0], names[1], names[2]}
}

// Compare is the order of keys: by port as Ports lists them, then by name.
func (k Key) Compare(other Key) int {
	return cmp.Or(
		cmp.Compare(slices.Index(Ports, k.Port), slices.Index(Ports, other.Port)),
		cmp.Compare(k.Variant, other.Variant), cmp.Compare(k.Task, other.Task))
}

// taskOf is what predictions are of, as their manifest says.
func taskOf(d *dataset.Dataset) (task.Task, error) {
	of, told, err := task.Of(d)
	switch {
	case err != nil:
		return of, err
	case !told:
		return of, exit.Errorf(exit.BadData, "%s: the manifest of these predictions tells no task; make them again with this version, or let the stage that makes them say it", d.URI())
	case of.Kind == task.LanguageModeling:
		return of, exit.Errorf(exit.BadData, "%s: the task %s has no labels, so there is no AUROC", d.URI(), of.Name)
	case !stages.NamePattern.MatchString(of.Name):
		return of, exit.Errorf(exit.Usage, "%s: names of variants and tasks may hold letters, digits, _ . and - only", d.URI())
	}
	return of, nil
}

// TasksOf are the tasks of all predictions by name. Datasets of one name whose tasks
// differ are refused: their labels would be compared though they mean other things.
func TasksOf(in stages.Inputs) (map[string]task.Task, error) {
	tasks, from := map[string]task.Task{}, map[string]string{}
	for _, port := range Ports {
		for _, d := range in[port] {
			of, err := taskOf(d)
			if err != nil {
				return nil, err
			}
			if first, seen := tasks[of.Name]; seen && !reflect.DeepEqual(first, of) {
				return nil, exit.Errorf(exit.BadData, "%s and %s are of the task %s, with other labels, or another recipe, split or release; measure predictions for the same labels", from[of.Name], d.URI(), of.Name)
			}
			if from[of.Name] == "" {
				tasks[of.Name], from[of.Name] = of, d.URI()
			}
		}
	}
	return tasks, nil
}
