package worker

import (
	"context"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

// GuardHook is the one hook that Beam runs in a worker, its process or ours.
const GuardHook = "clinflow_guard"

func init() {
	hooks.RegisterHook(GuardHook, func([]string) hooks.Hook { return hooks.Hook{Req: instructed, Resp: answered} })
}

// answered notes that an instruction is done, and guards what is said of it.
func answered(ctx context.Context, request *fnpb.InstructionRequest, response *fnpb.InstructionResponse) error {
	lately.done()
	return guardResponse(ctx, request, response)
}

// guardResponse keeps what an engine must not be told out of the answers that it writes
// to its logs.
func guardResponse(_ context.Context, _ *fnpb.InstructionRequest, response *fnpb.InstructionResponse) error {
	if response != nil {
		response.Error = told(response.Error)
	}
	return nil
}

// told is what may be told of a message of Beam's. A panic that no guard of ours met is
// written down by Beam with its value.
func told(message string) string {
	before, _, panicked := strings.Cut(message, "panic:")
	if !panicked {
		return message
	}
	return before + "panic (its value is withheld, it may hold note text)"
}
