package task

import (
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
)

// CheckNames says what is wrong with the names of labels that somebody gives a task.
func CheckNames(kind Kind, names []string) error {
	switch n := len(names); {
	case kind == Binary && n != 0 && n != 2:
		return exit.Errorf(exit.Usage, "a binary task has two names, the negative one first; here are %d", n)
	case kind == Multiclass && n < 2:
		return exit.Errorf(exit.Usage, "a multiclass task needs the names of its classes, two or more")
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return exit.Errorf(exit.Usage, "%q is no name, or one that is there already", name)
		}
	}
	return nil
}

// NamesOf are the names of labels that somebody gives a task: of a binary one that is
// given none they are no and yes.
func NamesOf(kind Kind, given []string) []string {
	if kind == Binary && len(given) == 0 {
		return []string{"no", "yes"}
	}
	return given
}

// Numbers are the numbers of the task's labels by their names.
func (t Task) Numbers() map[string]int32 {
	numbers := map[string]int32{}
	for i, name := range t.Labels {
		numbers[name] = int32(i)
	}
	return numbers
}
