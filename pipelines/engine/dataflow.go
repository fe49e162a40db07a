package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/gcpopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow/dataflowlib"
	v1b3 "google.golang.org/api/dataflow/v1b3"
)

// dataflowInterval is between two looks at a job, which takes minutes to start.
var dataflowInterval = 10 * time.Second

// dataflow is Google's service.
type dataflow struct {
	jobs            *v1b3.ProjectsLocationsJobsService
	project, region string
}

func openDataflow(ctx context.Context) (service, error) {
	client, err := dataflowlib.NewClient(context.WithoutCancel(ctx), option("dataflow_endpoint"))
	if err != nil {
		return nil, fmt.Errorf("log in to Dataflow: %w", err)
	}
	return &dataflow{client.Projects.Locations.Jobs, *gcpopts.Project, *gcpopts.Region}, nil
}

func (*dataflow) close() {}

func (d *dataflow) find(ctx context.Context, name string) (id string, err error) {
	err = d.jobs.List(d.project, d.region).Filter("ACTIVE").Name(name).Pages(ctx, func(page *v1b3.ListJobsResponse) error {
		for _, job := range page.Jobs {
			if job.Name == name {
				id = job.Id
			}
		}
		return nil
	})
	return id, err
}

// submitting is held while Beam's flags say what job to submit.
var submitting sync.Mutex

// start lets Beam stage the worker and submit the job, and not wait for it.
func (d *dataflow) start(ctx context.Context, p *beam.Pipeline, name string) (string, error) {
	submitting.Lock()
	defer submitting.Unlock()
	defer submitAs(name)()
	submitted, err := beam.Run(context.WithoutCancel(ctx), Dataflow, p)
	if err != nil {
		return "", err
	}
	if submitted == nil || submitted.JobID() == "" {
		return "", errors.New("the service named no job")
	}
	return submitted.JobID(), nil
}

// submitAs has Beam give the next job a name and not wait for its end, until restore.
func submitAs(name string) (restore func()) {
	given := givenName()
	*jobopts.JobName, *jobopts.Async = name, true
	return func() { *jobopts.JobName, *jobopts.Async = given, false }
}

func (d *dataflow) counters(ctx context.Context, id string) (Counters, error) {
	answer, err := d.jobs.GetMetrics(d.project, d.region, id).Context(ctx).Do()
	if err != nil {
		return nil, err
	}
	return dataflowCounters(answer.Metrics), nil
}

func (d *dataflow) cancel(ctx context.Context, id string) error {
	_, err := d.jobs.Update(d.project, d.region, id, &v1b3.Job{RequestedState: "JOB_STATE_CANCELLED"}).Context(ctx).Do()
	return err
}

func (d *dataflow) watch(ctx context.Context, id string, tell func(event)) error {
	since := ""
	for {
		job, err := d.jobs.Get(d.project, d.region, id).Context(ctx).Do()
		if err != nil {
			return fmt.Errorf("ask Dataflow for the job's state: %w", err)
		}
		// Read after the state, so that none of an ended job is missed.
		if since, err = d.messages(ctx, id, since, tell); err != nil {
			return fmt.Errorf("ask Dataflow for the job's messages: %w", err)
		}
		state := dataflowState(job.CurrentState)
		tell(event{state: state})
		if ended(state) {
			return nil
		}
		select {
		case <-time.After(dataflowInterval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// messages tells what the service said since a time, and returns the time of the last.
func (d *dataflow) messages(ctx context.Context, id, since string, tell func(event)) (string, error) {
	call := d.jobs.Messages.List(d.project, d.region, id).MinimumImportance("JOB_MESSAGE_BASIC")
	if since != "" {
		call = call.StartTime(since)
	}
	latest := since
	err := call.Pages(ctx, func(page *v1b3.ListJobMessagesResponse) error {
		for _, m := range page.JobMessages {
			if m.Time <= since {
				continue
			}
			latest = max(latest, m.Time)
			tell(event{importance: jobpb.JobMessage_MessageImportance(jobpb.JobMessage_MessageImportance_value[m.MessageImportance]), text: m.MessageText})
		}
		return nil
	})
	return latest, err
}

// dataflowState is one of Beam's names of states, which are Dataflow's without a prefix.
func dataflowState(state string) jobpb.JobState_Enum {
	return jobpb.JobState_Enum(jobpb.JobState_Enum_value[strings.TrimPrefix(state, "JOB_STATE_")])
}
