package engine

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/coder"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestMain(m *testing.M) {
	beam.Init()
	os.Exit(m.Run())
}

// fakeService is a job service without an engine: its jobs do what a test says.
type fakeService struct {
	jobpb.UnimplementedJobServiceServer
	jobpb.UnimplementedArtifactStagingServiceServer
	address  string
	onCancel func(*fakeJob)
	breaks   int  // streams that break off before their first answer
	lost     bool // it lists jobs and knows nothing of them

	mu   sync.Mutex
	jobs []*fakeJob
}

// fakeJob is one job.
type fakeJob struct {
	name      string
	cancelled atomic.Bool
	watched   atomic.Int32 // times
	counted   []*pipepb.MonitoringInfo

	mu    sync.Mutex
	state jobpb.JobState_Enum
	said  []*jobpb.JobMessagesResponse
	more  chan struct{} // closed at each change
}

func (j *fakeJob) add(r *jobpb.JobMessagesResponse) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.said = append(j.said, r)
	if s := r.GetStateResponse(); s != nil {
		j.state = s.GetState()
	}
	close(j.more)
	j.more = make(chan struct{})
}

func (j *fakeJob) becomes(state jobpb.JobState_Enum) {
	j.add(&jobpb.JobMessagesResponse{Response: &jobpb.JobMessagesResponse_StateResponse{StateResponse: &jobpb.JobStateEvent{State: state}}})
}

func (j *fakeJob) says(importance jobpb.JobMessage_MessageImportance, text string) {
	j.add(&jobpb.JobMessagesResponse{Response: &jobpb.JobMessagesResponse_MessageResponse{
		MessageResponse: &jobpb.JobMessage{Importance: importance, MessageText: text},
	}})
}

// serve starts the service and points Beam's options to it.
func serve(t *testing.T) *fakeService {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeService{address: listener.Addr().String(), onCancel: func(j *fakeJob) { j.becomes(jobpb.JobState_CANCELLED) }}
	server := grpc.NewServer()
	jobpb.RegisterJobServiceServer(server, s)
	jobpb.RegisterArtifactStagingServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	set(t, jobopts.Endpoint, s.address)
	set(t, jobopts.EnvironmentType, "EXTERNAL")
	set(t, jobopts.EnvironmentConfig, "127.0.0.1:1")
	return s
}

// set gives an option a value until the test ends.
func set[V any](t *testing.T, option *V, value V) {
	before := *option
	*option = value
	t.Cleanup(func() { *option = before })
}

func (s *fakeService) job(id string) (*fakeJob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var i int
	if _, err := fmt.Sscanf(id, "job-%d", &i); err != nil || i >= len(s.jobs) || s.lost {
		return nil, status.Error(codes.NotFound, "no such job")
	}
	return s.jobs[i], nil
}

// submitted waits for the nth job.
func (s *fakeService) submitted(t *testing.T, n int) *fakeJob {
	t.Helper()
	var found *fakeJob
	eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.jobs) > n {
			found = s.jobs[n]
		}
		return found != nil
	})
	return found
}

func (s *fakeService) Prepare(_ context.Context, r *jobpb.PrepareJobRequest) (*jobpb.PrepareJobResponse, error) {
	return &jobpb.PrepareJobResponse{
		PreparationId: r.GetJobName(), StagingSessionToken: "token",
		ArtifactStagingEndpoint: &pipepb.ApiServiceDescriptor{Url: s.address},
	}, nil
}

func (s *fakeService) ReverseArtifactRetrievalService(stream jobpb.ArtifactStagingService_ReverseArtifactRetrievalServiceServer) error {
	_, err := stream.Recv()
	return err
}

func (s *fakeService) Run(_ context.Context, r *jobpb.RunJobRequest) (*jobpb.RunJobResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = append(s.jobs, &fakeJob{name: r.GetPreparationId(), state: jobpb.JobState_RUNNING, more: make(chan struct{})})
	return &jobpb.RunJobResponse{JobId: fmt.Sprintf("job-%d", len(s.jobs)-1)}, nil
}

func (s *fakeService) GetJobs(context.Context, *jobpb.GetJobsRequest) (*jobpb.GetJobsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := &jobpb.GetJobsResponse{}
	for i, j := range s.jobs {
		j.mu.Lock()
		answer.JobInfo = append(answer.JobInfo, &jobpb.JobInfo{JobId: fmt.Sprintf("job-%d", i), JobName: j.name, State: j.state})
		j.mu.Unlock()
	}
	return answer, nil
}

func (s *fakeService) GetState(_ context.Context, r *jobpb.GetJobStateRequest) (*jobpb.JobStateEvent, error) {
	j, err := s.job(r.GetJobId())
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return &jobpb.JobStateEvent{State: j.state}, nil
}

func (s *fakeService) Cancel(_ context.Context, r *jobpb.CancelJobRequest) (*jobpb.CancelJobResponse, error) {
	j, err := s.job(r.GetJobId())
	if err != nil {
		return nil, err
	}
	j.cancelled.Store(true)
	s.onCancel(j)
	return &jobpb.CancelJobResponse{State: jobpb.JobState_CANCELLING}, nil
}

func (s *fakeService) GetMessageStream(r *jobpb.JobMessagesRequest, stream jobpb.JobService_GetMessageStreamServer) error {
	j, err := s.job(r.GetJobId())
	if err != nil {
		return err
	}
	s.mu.Lock()
	breaks := s.breaks > 0
	s.breaks--
	s.mu.Unlock()
	if breaks {
		return status.Error(codes.Unavailable, "the stream breaks off")
	}
	j.watched.Add(1)
	for sent := 0; ; {
		j.mu.Lock()
		said, more, over := j.said[sent:], j.more, ended(j.state)
		j.mu.Unlock()
		for _, r := range said {
			if err := stream.Send(r); err != nil {
				return err
			}
			sent++
		}
		if over {
			return nil
		}
		select {
		case <-more:
		case <-stream.Context().Done():
			return nil
		}
	}
}

func (s *fakeService) GetJobMetrics(_ context.Context, r *jobpb.GetJobMetricsRequest) (*jobpb.GetJobMetricsResponse, error) {
	j, err := s.job(r.GetJobId())
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return &jobpb.GetJobMetricsResponse{Metrics: &jobpb.MetricResults{Attempted: j.counted}}, nil
}

// counts adds to a counter in one of the job's transforms.
func (j *fakeJob) counts(transform string, of Counter, n int64) {
	var payload bytes.Buffer
	_ = coder.EncodeVarInt(n, &payload) // a buffer takes everything
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counted = append(j.counted, &pipepb.MonitoringInfo{
		Urn: userCounter, Payload: payload.Bytes(),
		Labels: map[string]string{"PTRANSFORM": transform, "NAMESPACE": of.Namespace, "NAME": of.Name},
	})
}
