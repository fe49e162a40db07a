// Package argo writes a DAG for Argo Workflows: a CronWorkflow where it has a schedule,
// and a Workflow elsewhere. Every task is a container.
package argo

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/internal/exit"
)

// Write is the YAML of an export. Notes are what Argo does otherwise than clinflow's own
// scheduler.
func Write(e exports.Export) (text []byte, notes []string, err error) {
	spec, err := workflow(e)
	if err != nil {
		return nil, nil, err
	}
	name := word(e.DAG.Name, longestName, "clinflow")
	of := manifest{APIVersion: "argoproj.io/v1alpha1", Kind: "Workflow", Metadata: metadata{GenerateName: name + "-"}, Spec: spec}
	if s := e.DAG.Schedule; s != nil {
		cron, err := scheduled(s, name, spec)
		if err != nil {
			return nil, nil, err
		}
		of.Kind, of.Metadata, of.Spec = "CronWorkflow", metadata{Name: name}, cron
		notes = differences(s)
	}
	text, err = yaml.MarshalWithOptions(of, yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(false))
	if err != nil {
		return nil, nil, fmt.Errorf("write a workflow for Argo: %w", err)
	}
	return append(head(notes), text...), notes, nil
}

func head(notes []string) []byte {
	text := "# A DAG of clinflow for Argo Workflows 3.6 and later, written by clinflow export argo.\n" +
		"# Change the DAG file and export it again, rather than this file.\n"
	for _, note := range notes {
		text += "# " + note + "\n"
	}
	return []byte(text)
}

// differences says what of a schedule Argo does in its own way.
func differences(s *dags.Schedule) (notes []string) {
	if s.Catchup == dags.CatchupAll {
		notes = append(notes, "catchup all: of the times that Argo missed it runs the last.")
	}
	if s.Freshness > 0 {
		notes = append(notes, "freshness: Argo does not watch it.")
	}
	return append(notes, changes(s)...)
}

// everMissed is how late the last time that was missed is run still, in seconds: a year.
const everMissed = 365 * 24 * 3600

// scheduled is a workflow that begins by a schedule.
func scheduled(s *dags.Schedule, name string, w *workflowSpec) (cronSpec, error) {
	if err := understood(s.Cron); err != nil {
		return cronSpec{}, err
	}
	c := cronSpec{Schedules: []string{s.Cron}, Timezone: s.Location.String(), ConcurrencyPolicy: "Forbid", WorkflowSpec: w}
	switch s.Overlap {
	case dags.OverlapCancel:
		c.ConcurrencyPolicy = "Replace"
	case dags.OverlapQueue: // all begin, and wait for each other
		c.ConcurrencyPolicy = "Allow"
		w.Synchronization = &synchronization{Mutexes: []mutex{{Name: name}}}
	}
	if s.Catchup != dags.CatchupNone {
		c.StartingDeadlineSeconds = everMissed
	}
	w.ActiveDeadlineSeconds = int64(s.Timeout / time.Second)
	return c, nil
}

// Argo's cron knows neither the nth weekday of a month nor the last day, and no day 7.
var notInCron = regexp.MustCompile(`(?i)#|\bL|(\d|SUN|MON|TUE|WED|THU|FRI|SAT)[LW]|^(\S+\s+){4}\S*7`)

func understood(cron string) error {
	if notInCron.MatchString(cron) {
		return exit.Errorf(exit.Usage, "schedule.cron %s: Argo knows neither #, L nor W, and Sunday as 0 or SUN alone", cron)
	}
	return exports.CheckDays(cron)
}

// workflow is the tasks as containers, and the template that orders them.
func workflow(e exports.Export) (*workflowSpec, error) {
	w := &workflowSpec{
		Entrypoint: "dag", Parallelism: 1, ServiceAccountName: e.ServiceAccount,
		SecurityContext: securityContext{RunAsNonRoot: true},
	}
	names := namesOf(e.Tasks)
	order := template{Name: "dag", DAG: &dagTemplate{}}
	for _, t := range e.Tasks {
		var depends []string
		for _, up := range append(append([]string{}, t.After...), t.Gates...) {
			depends = append(depends, names[up]+".Succeeded")
		}
		name := names[t.Name]
		order.DAG.Tasks = append(order.DAG.Tasks, dagTask{Name: name, Template: name, Depends: strings.Join(depends, " && ")})
	}
	w.Templates = append(w.Templates, order)
	for _, t := range e.Tasks {
		c, err := containerOf(e, t)
		if err != nil {
			return nil, err
		}
		w.Templates = append(w.Templates, template{Name: names[t.Name], Container: c, RetryStrategy: retries(e.DAG.Schedule)})
	}
	return w, nil
}

func containerOf(e exports.Export, t exports.Task) (*container, error) {
	c := &container{Image: value(e.Image), Command: values([]string{e.Binary})}
	args := append([]string{"run"}, exports.Words(e.Options)...)
	switch t.Kind {
	case exports.Data:
		args = append(args, "--runner="+e.Runner)
		args = append(args, exports.Words(e.Beam)...)
	case exports.GPU:
		c.Image = value(e.GPUImage)
		c.Resources = &resources{Limits: map[string]string{"nvidia.com/gpu": strconv.Itoa(e.GPUs)}}
	}
	args = append(append(args, "--only", "--", e.File), t.Steps...)
	for _, arg := range args {
		if strings.Contains(arg, "{{") {
			return nil, exit.Errorf(exit.Usage, "the value %s holds {{, which Argo fills in; give one without", arg)
		}
	}
	c.Args = values(args)
	return c, nil
}

// retries tries again what another try may mend: clinflow's exit codes 1, 2 and 3 say that
// none will.
func retries(s *dags.Schedule) *retryStrategy {
	if s == nil || s.Retries == 0 {
		return nil
	}
	return &retryStrategy{
		Limit: strconv.Itoa(s.Retries), RetryPolicy: "Always", Expression: "asInt(lastRetry.exitCode) not in [1, 2, 3]",
		Backoff: backoff{Duration: seconds(s.RetryDelay), Factor: "2", Cap: seconds(s.MaxRetryDelay)},
	}
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) + "s" }

// longestName is what Kubernetes takes of the name of what others are named after.
const longestName = 52

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// word is what names in Kubernetes can have of a text.
func word(text string, longest int, otherwise string) string {
	text = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if text = strings.Trim(text[:min(len(text), longest)], "-"); text == "" {
		return otherwise
	}
	return text
}

// namesOf are the names of tasks and templates: no two alike, and none the dag's.
func namesOf(tasks []exports.Task) map[string]string {
	names, taken := map[string]string{}, map[string]bool{"dag": true}
	for _, t := range tasks {
		base := word(t.Name, 60, "step")
		name := base
		for i := 2; taken[name]; i++ {
			name = base + "-" + strconv.Itoa(i)
		}
		names[t.Name], taken[name] = name, true
	}
	return names
}
