package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"google.golang.org/grpc"
)

// errorsTimeout is what the errors of a failed job may come after its state.
const errorsTimeout = 10 * time.Second

// watch reads the job's stream of states and messages, again where it breaks off before
// the job's end.
func (s *portable) watch(ctx context.Context, id string, tell func(event)) error {
	for {
		broken := s.listen(ctx, id, tell)
		state, err := s.state(ctx, id)
		if err != nil {
			return errors.Join(broken, err)
		}
		tell(event{state: state})
		if ended(state) {
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *portable) state(ctx context.Context, id string) (jobpb.JobState_Enum, error) {
	ctx, stop := context.WithTimeout(ctx, awayTimeout)
	defer stop()
	answer, err := s.client.GetState(ctx, &jobpb.GetJobStateRequest{JobId: id}, grpc.WaitForReady(true))
	if err != nil {
		return 0, fmt.Errorf("ask the job service for the job's state: %w", err)
	}
	return answer.GetState(), nil
}

// listen reads one stream until it or the job ends.
func (s *portable) listen(ctx context.Context, id string, tell func(event)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	stream, err := s.client.GetMessageStream(ctx, &jobpb.JobMessagesRequest{JobId: id})
	if err != nil {
		return err
	}
	failed := false
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if said := message.GetMessageResponse(); said != nil {
			tell(event{importance: said.GetImportance(), text: said.GetMessageText()})
			if failed && said.GetImportance() >= jobpb.JobMessage_JOB_MESSAGE_ERROR {
				return nil
			}
			continue
		}
		state := message.GetStateResponse().GetState()
		tell(event{state: state})
		if state == jobpb.JobState_FAILED {
			failed = true
			time.AfterFunc(errorsTimeout, stop)
		} else if ended(state) {
			return nil
		}
	}
}
