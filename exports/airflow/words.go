package airflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/internal/exit"
)

var notInIdentifiers = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// longestID is what Airflow's database holds of an id.
const longestID = 250

// identifier is what Airflow can have of a DAG's name.
func identifier(name string) string {
	id := notInIdentifiers.ReplaceAllString(name, "_")
	return cmp.Or(strings.Trim(id[:min(len(id), longestID)], "_"), "clinflow")
}

// quoted is a text as a literal of Python: Go's escapes are among Python's, and what is
// not to be seen is escaped.
func quoted(text string) string { return strconv.Quote(text) }

func list(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = quoted(text)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// options are a dictionary's lines. Labels are a dictionary of their own, to which
// Airflow's operator adds one.
func options(indent int, all []exports.Option) (string, error) {
	var out strings.Builder
	for _, o := range all {
		value := "True"
		switch {
		case o.Name == "labels":
			labels, err := labelsOf(o.Values[0])
			if err != nil {
				return "", err
			}
			value = labels
		case len(o.Values) == 1 && o.Name != "set":
			value = quoted(o.Values[0])
		case o.Values != nil:
			value = list(o.Values)
		}
		fmt.Fprintf(&out, "%s%s: %s,\n", strings.Repeat(" ", indent), quoted(o.Name), value)
	}
	return out.String(), nil
}

func labelsOf(text string) (string, error) {
	var labels map[string]string
	if err := json.Unmarshal([]byte(text), &labels); err != nil {
		return "", exit.Errorf(exit.Usage, `--labels: want JSON such as {"study":"notes"}`)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, quoted(name)+": "+quoted(labels[name]))
	}
	return "{" + strings.Join(all, ", ") + "}", nil
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }
