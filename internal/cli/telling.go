package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/runners/failure"
	"github.com/clinflow/clinflow/runners/traces"
)

// telling is who is told of a run besides the journal and the log: nobody, unless a flag
// says so.
type telling struct {
	traces  string
	tracer  *traces.Tracer // nil: none
	failure failure.Teller
}

func (t *telling) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.traces, "traces", "", "tell this collector of OpenTelemetry of the run, such as http://localhost:4318, or env for what OTEL_EXPORTER_OTLP_ENDPOINT says: names and numbers alone")
	cmd.Flags().StringVar(&t.failure.Command, "on-failure", "", "give this to a shell when the run fails, with DAG, run, exit code and failed steps as JSON on standard input and in CLINFLOW_DAG and its like")
	cmd.Flags().StringVar(&t.failure.URL, "on-failure-url", "", "send the same by POST when the run fails")
}

// begin gets ready what was asked for.
func (t *telling) begin(ctx context.Context, s *settings) (err error) {
	t.failure.Output = os.Stderr
	if err := t.failure.Check(); err != nil || t.traces == "" {
		return err
	}
	t.tracer, err = traces.Start(ctx, t.traces, func(err error) { s.env.Log.Warn().Msgf("--traces: %v", err) })
	return err
}

// note takes an event of the run.
func (t *telling) note(e runners.Event) {
	t.failure.Note(e)
	if t.tracer != nil {
		t.tracer.Tell(e)
	}
}

// end tells how the run ended. Where that does not go, the run ended all the same.
func (t *telling) end(ctx context.Context, s *settings, dag string, failed error) {
	code := exit.OK
	if failed != nil {
		code = exit.Of(failed)
	}
	if ctx.Err() != nil && failed != nil {
		code = exit.Interrupted
	}
	if t.tracer != nil {
		if err := t.tracer.End(ctx, code); err != nil {
			s.env.Log.Warn().Msgf("--traces: %v", err)
		}
	}
	name := strings.TrimSuffix(filepath.Base(dag), filepath.Ext(dag)) // a folder's name may tell more
	if err := t.failure.End(ctx, name, code); err != nil {
		s.env.Log.Warn().Msg(err.Error())
	}
}
