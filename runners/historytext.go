package runners

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clinflow/clinflow/dags"
)

// WriteRuns renders a list of runs, one a line, with what a scheduler calls those that it
// began.
func WriteRuns(w io.Writer, runs []RunRecord) error {
	head, cell := "", func(RunRecord) string { return "" }
	if slices.ContainsFunc(runs, func(r RunRecord) bool { return r.Scheduled != "" }) {
		head, cell = "\tSCHEDULED", func(r RunRecord) string { return "\t" + cmp.Or(r.Scheduled, "-") }
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tDAG\tSTATE\tTOOK\tSTEPS"+head)
	for _, r := range runs {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s%s\n", r.ID, r.DAG, r.State, took(r.Seconds), r.tally(), cell(r))
	}
	return table.Flush()
}

// tally counts the steps by state.
func (r RunRecord) tally() string {
	count := map[string]int{}
	for _, s := range r.Steps {
		count[s.State]++
	}
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[state], state))
	}
	return strings.Join(parts, ", ")
}

func took(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Millisecond).String()
}

// Write renders one run with its steps.
func (r RunRecord) Write(w io.Writer) error {
	fmt.Fprintf(w, "run       %s\ndag       %s\nstate     %s\nstarted   %s\ntook      %s\nrunner    %s\nrevision  %s\n",
		r.ID, dags.Title(r.DAG, r.File), r.State, r.Started.Format(time.RFC3339), took(r.Seconds), cmp.Or(r.Runner, "-"), cmp.Or(r.Revision, "-"))
	if r.Scheduled != "" {
		fmt.Fprintf(w, "scheduled %s, attempt %d\n", r.Scheduled, r.Attempt)
	}
	if len(r.Forced) > 0 {
		fmt.Fprintf(w, "forced    %s\n", strings.Join(r.Forced, ", "))
	}
	if len(r.Published) > 0 {
		var names []string
		for _, p := range r.Published {
			names = append(names, p.File)
		}
		fmt.Fprintf(w, "published %s\n", strings.Join(names, ", "))
	}
	if r.Error != "" {
		fmt.Fprintf(w, "error     %s\n", r.Error)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSTEP\tSTATE\tTOOK\tFINGERPRINT\tWHY\tCOUNTS")
	for _, s := range r.Steps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Step, join(s.State, s.Progress), took(s.Seconds), cmp.Or(s.Fingerprint, "-"), s.why(), s.counts())
	}
	return table.Flush()
}

func (s StepRecord) why() string {
	if s.Error != "" {
		return OneLine(s.Error)
	}
	return strings.Join(s.Reasons, "; ")
}

func (s StepRecord) counts() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Counts)) {
		parts = append(parts, fmt.Sprintf("%s=%s", name, s.Counts[name]))
	}
	return cmp.Or(strings.Join(parts, " "), "-")
}
