package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/vet"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines/worker"
)

const (
	dialTimeout = 20 * time.Second
	// A job service that was restarted, or a network that was away, is waited for.
	awayTimeout = 2 * time.Minute
)

// portable is a job service of Beam: Flink's, Spark's, Python's, prism.
type portable struct {
	client   jobpb.JobServiceClient
	conn     io.Closer
	loopback *extworker.Loopback // the workers are in this process
}

func openPortable(ctx context.Context) (service, error) {
	endpoint := *jobopts.Endpoint
	conn, err := grpcx.Dial(ctx, endpoint, dialTimeout)
	if err != nil {
		return nil, exit.Errorf(exit.Retry, "no job service answers at --endpoint %s: %w", endpoint, err)
	}
	return newPortable(ctx, jobpb.NewJobServiceClient(conn), conn, environment() == loopback)
}

// ownPrism is this process's one prism. Its server does not end before the process.
var ownPrism = sync.OnceValues(func() (jobpb.JobServiceClient, error) {
	return prism.CreateJobServer(context.Background(), prism.Options{})
})

func openPrism(ctx context.Context) (service, error) {
	if *jobopts.Endpoint != "" {
		return openPortable(ctx)
	}
	client, err := ownPrism()
	if err != nil {
		return nil, err
	}
	return newPortable(ctx, client, io.NopCloser(nil), environment() == "" || environment() == loopback)
}

func newPortable(ctx context.Context, client jobpb.JobServiceClient, conn io.Closer, loopback bool) (service, error) {
	s := &portable{client: client, conn: conn}
	if !loopback {
		return s, nil
	}
	// What workers in this process say is said here, and not sent to the engine.
	hooks.DisableHook(harness.DefaultRemoteLoggingHook)
	err := hooks.EnableHook(worker.GuardHook)
	if err == nil {
		s.loopback, err = extworker.StartLoopback(ctx, 0)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

func (s *portable) close() {
	if s.loopback != nil {
		_ = s.loopback.Stop(context.Background())
	}
	_ = s.conn.Close()
}

func (s *portable) find(ctx context.Context, name string) (string, error) {
	if s.loopback != nil {
		return "", nil // its workers would have ended with their process
	}
	jobs, err := s.client.GetJobs(ctx, &jobpb.GetJobsRequest{})
	if err != nil {
		return "", err
	}
	for _, job := range jobs.GetJobInfo() {
		if job.GetJobName() == name && !ended(job.GetState()) {
			return job.GetJobId(), nil
		}
	}
	return "", nil
}

// ended says whether a job in that state never leaves it.
func ended(state jobpb.JobState_Enum) bool {
	switch state {
	case jobpb.JobState_DONE, jobpb.JobState_FAILED, jobpb.JobState_CANCELLED, jobpb.JobState_UPDATED, jobpb.JobState_DRAINED:
		return true
	default:
		return false
	}
}

// start submits the job. No data has been read so far: what the engine says may be told.
func (s *portable) start(ctx context.Context, p *beam.Pipeline, name string) (string, error) {
	if *jobopts.Strict {
		if _, err := vet.Execute(ctx, p); err != nil {
			return "", err
		}
	}
	model, err := s.model(ctx, p)
	if err != nil {
		return "", err
	}
	prepared, endpoint, token, err := runnerlib.Prepare(ctx, s.client, model, &runnerlib.JobOptions{
		Name: name, Experiments: jobopts.GetExperiments(), Parallelism: *jobopts.Parallelism, RetainDocker: *jobopts.RetainDockerContainers,
	})
	if err != nil {
		return "", err
	}
	if err := stage(ctx, prepared, endpoint, token, s.worker()); err != nil {
		return "", err
	}
	// Once asked for, the job may begin: its id is waited for, to cancel it.
	asking, stop := context.WithTimeout(context.WithoutCancel(ctx), awayTimeout)
	defer stop()
	return runnerlib.Submit(asking, s.client, prepared, token)
}

// stage hands the worker over, where the engine asks for one, and says in any case that
// there is nothing else.
func stage(ctx context.Context, prepared, endpoint, token, binary string) error {
	ctx = grpcx.WriteWorkerID(ctx, prepared)
	conn, err := grpcx.Dial(ctx, endpoint, dialTimeout)
	if err != nil {
		return fmt.Errorf("connect to the artifact service: %w", err)
	}
	defer conn.Close()
	return runnerlib.StageViaPortableAPI(ctx, conn, binary, token)
}

// model is the pipeline in Beam's own words, with where its workers come from.
func (s *portable) model(ctx context.Context, p *beam.Pipeline) (*pipepb.Pipeline, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, err
	}
	urn, config := jobopts.GetEnvironmentUrn(ctx), jobopts.GetEnvironmentConfig
	if s.loopback != nil {
		urn, config = graphx.URNEnvExternal, s.loopback.EnvironmentConfig
	}
	environment, err := graphx.CreateEnvironment(ctx, urn, config)
	if err != nil {
		return nil, err
	}
	binary := s.worker()
	if binary == "" {
		environment.Dependencies = nil
	}
	model, err := graphx.Marshal(edges, &graphx.Options{Environment: environment, PipelineResourceHints: jobopts.GetPipelineResourceHints()})
	if err != nil || binary == "" {
		return model, err
	}
	return model, runnerlib.UpdateGoEnvironmentWorker(binary, model)
}

// worker is the binary that the engine hands to its workers; "": they have their own.
func (s *portable) worker() string {
	switch {
	case s.loopback != nil:
		return ""
	case *jobopts.WorkerBinary != "":
		return *jobopts.WorkerBinary
	case environment() == docker:
		own, _ := os.Executable()
		return own
	default:
		return ""
	}
}

func (s *portable) counters(ctx context.Context, id string) (Counters, error) {
	if s.loopback != nil {
		return nil, nil // who counts is in this process
	}
	answer, err := s.client.GetJobMetrics(ctx, &jobpb.GetJobMetricsRequest{JobId: id})
	if err != nil {
		return nil, err
	}
	return countersOf(answer.GetMetrics().GetAttempted(), answer.GetMetrics().GetCommitted()), nil
}

func (s *portable) cancel(ctx context.Context, id string) error {
	_, err := s.client.Cancel(ctx, &jobpb.CancelJobRequest{JobId: id}, grpc.WaitForReady(true))
	return err
}
