package dags

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/internal/suggest"
)

func itoa(i int) string { return strconv.Itoa(i) }

// object reads a mapping whose keys are all known. An empty value is an empty
// mapping.
func (f *findings) object(n *node, path string, known []string) map[string]entry {
	given := map[string]entry{}
	if n == nil || n.kind == empty || n.broken {
		return given
	}
	if n.kind != mapping {
		f.add(n.at, path, "want a mapping of keys to values", "")
		return given
	}
	for _, e := range n.entries {
		if !slices.Contains(known, e.key) {
			f.add(e.at, join(path, e.key), "unknown key", suggest.Choice(e.key, known))
			continue
		}
		given[e.key] = e
	}
	return given
}

// word reads a text that must not be empty.
func (f *findings) word(n *node, path string) (string, bool) {
	if n.broken {
		return "", false
	}
	if n.kind != scalar || n.text == "" {
		f.add(n.at, path, "want a text", "")
		return "", false
	}
	return n.text, true
}

// stepPattern also keeps a step's output folder from leading anywhere else.
var stepPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

func (f *findings) stepName(e entry, path string) bool {
	if stepPattern.MatchString(e.key) {
		return true
	}
	f.add(e.at, path, "a step's name begins with a small letter and goes on with small letters, digits, _ and -", "")
	return false
}

// namePattern keeps a DAG's name from being a path or a flag, or reaching into what others
// make of it: a folder, a command line, Airflow's dag_id, a template.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_. -]{0,98}[A-Za-z0-9_-])?$`)

func (f *findings) dagName(n *node) string {
	name, ok := f.word(n, "name")
	if ok && !namePattern.MatchString(name) {
		f.add(n.at, "name", "a DAG's name begins with a letter or digit and goes on with up to 99 letters, digits, _, -, . and spaces, the last two not at its end", "")
	}
	return name
}
