// Package airflow writes a DAG as a file of Airflow 3: one that is read on a page, in
// which names and values are Python's literals.
package airflow

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"text/template"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/pipelines/engine"
)

//go:embed dag.py.tmpl
var text string

var file = template.Must(template.New("dag.py").Funcs(template.FuncMap{
	"py": quoted, "list": list, "options": options, "seconds": seconds,
}).Parse(text))

// Write is the file of an export. local has every task done by the machine that runs
// Airflow's tasks; else Beam's jobs are begun there, and all others are pods of Kubernetes.
// Notes are what Airflow does otherwise than clinflow's own scheduler; the file has them too.
func Write(e exports.Export, local bool) (text []byte, notes []string, err error) {
	p := page{Export: e, Local: local, ID: identifier(e.DAG.Name), Schedule: e.DAG.Schedule}
	if p.Schedule != nil {
		if p.Schedule.Catchup == dags.CatchupAll && e.Start.IsZero() {
			return nil, nil, exit.Errorf(exit.Usage, "catchup all: Airflow asks from when on; say it by --start")
		}
		if err := understood(p.Schedule.Cron); err != nil {
			return nil, nil, err
		}
		p.Notes = differences(p.Schedule)
	}
	if p.Beam, p.Dataflow, err = beam(e); err != nil {
		return nil, nil, err
	}
	for _, t := range e.Tasks {
		for _, gate := range t.Gates {
			p.gate(gate, t.Name)
		}
	}
	p.decisions()
	var out bytes.Buffer
	if err := file.Execute(&out, p); err != nil {
		return nil, nil, fmt.Errorf("write a DAG for Airflow: %w", err)
	}
	return out.Bytes(), p.Notes, nil
}

// page is what the template reads.
type page struct {
	exports.Export
	Local     bool
	ID        string
	Schedule  *dags.Schedule
	Notes     []string
	Gates     []gate
	Decisions []decision
	Beam      []exports.Option // less what Airflow's operator says by itself
	Dataflow  []exports.Option // the operator's dataflow_config; nil: another runner
}

// gate is a step and the tasks behind it.
type gate struct {
	Step   string
	Behind []string
}

func (p *page) gate(step, behind string) {
	i := slices.IndexFunc(p.Gates, func(g gate) bool { return g.Step == step })
	if i < 0 {
		i = len(p.Gates)
		p.Gates = append(p.Gates, gate{Step: step})
	}
	p.Gates[i].Behind = append(p.Gates[i].Behind, behind)
}

// decision is a step that decides on a model, and the tasks that act on it.
type decision struct {
	Step string
	File string // in the output folder
	Acts []string
}

// decisions finds the steps whose decision is published and read by others.
func (p *page) decisions() {
	for _, published := range p.DAG.Publish {
		if published.File != registry.DecisionName {
			continue
		}
		d := decision{Step: published.Step, File: published.Name}
		for _, t := range p.Tasks {
			if slices.Contains(t.After, published.Step) {
				d.Acts = append(d.Acts, t.Name)
			}
		}
		if len(d.Acts) > 0 {
			p.Decisions = append(p.Decisions, d)
		}
	}
}

// Of are the tasks of a kind: data, work or gpu.
func (p page) Of(kind string) (tasks []exports.Task) {
	kinds := map[string]exports.Kind{"data": exports.Data, "work": exports.Work, "gpu": exports.GPU}
	for _, t := range p.Tasks {
		if t.Kind == kinds[kind] {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// Has says whether there are tasks of a kind.
func (p page) Has(kind string) bool { return len(p.Of(kind)) > 0 }

// Operator is Beam's name of the runner, which Airflow's operator goes by.
func (p page) Operator() string { return engine.BeamName(p.Runner) }

// CatchesUp says whether Airflow runs every time that it missed.
func (p page) CatchesUp() bool { return p.Schedule != nil && p.Schedule.Catchup == dags.CatchupAll }

// differences says what of a schedule Airflow does in its own way.
func differences(s *dags.Schedule) (notes []string) {
	if s.Catchup == dags.CatchupNone {
		notes = append(notes, "catchup none: of the times that Airflow missed it runs the last.")
	}
	switch s.Overlap {
	case dags.OverlapSkip:
		notes = append(notes, "overlap skip: a run that comes due during another waits for its end.")
	case dags.OverlapCancel:
		notes = append(notes, "overlap cancel: a run that comes due during another waits for its end, and ends none.")
	}
	if s.Freshness > 0 {
		notes = append(notes, "freshness: Airflow does not watch it.")
	}
	return notes
}

// Airflow's operator says the project, the region, the job's name and the worker's binary
// itself.
var operators = map[string]string{"project": "project_id", "region": "location", "job_name": "job_name"}

var jobName = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

// beam parts Beam's options into those of a command and those of the operator.
func beam(e exports.Export) (command, dataflow []exports.Option, err error) {
	if e.Runner == engine.Dataflow {
		dataflow = []exports.Option{{Name: "job_name", Values: []string{"clinflow"}}}
	}
	for _, o := range e.Beam {
		name := operators[o.Name]
		switch {
		case o.Name == "job_name" && !jobName.MatchString(o.Values[0]):
			return nil, nil, exit.Errorf(exit.Usage, "--job_name %s: Airflow wants small letters, digits and -, a letter first", o.Values[0])
		case name != "" && dataflow != nil:
			dataflow = slices.DeleteFunc(dataflow, func(o exports.Option) bool { return o.Name == name })
			dataflow = append(dataflow, exports.Option{Name: name, Values: o.Values})
		case o.Name != "worker_binary" && o.Name != "runner":
			command = append(command, o)
		}
	}
	return command, dataflow, nil
}

// WorkerBinary is what the workers of an engine run.
func (p page) WorkerBinary() string {
	for _, o := range p.Export.Beam {
		if o.Name == "worker_binary" {
			return o.Values[0]
		}
	}
	return p.Binary
}
