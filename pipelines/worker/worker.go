// Package worker is the program that an engine starts on its machines to do the work of
// a job, in place of Beam's boot container: it is the binary that the job was submitted
// with, so that nothing is handed to it but what to do.
package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"

	"github.com/clinflow/clinflow/internal/exit"
)

// Worker is where a worker finds its engine. Endpoints are HOST:PORT.
type Worker struct {
	ID        string // that the engine knows it by
	Provision string // the engine's answers to what else there is to know; "": Control and Logging are given
	Control   string // where it gets its work from; what Provision says goes before it
	Logging   string // where its log goes; what Provision says goes before it
	Status    string // where the engine asks how it is; "": it does not

	Capabilities []string // of the engine, as URNs
	Options      string   // of the job, as Beam writes them in JSON

	// Work says whether the worker has begun any work, and whether all of it is over.
	Work func() (begun, over bool)
}

// Serve works for the engine until it has no more work, or forgets the worker, or is gone,
// or the worker's parent is: whoever started it would otherwise leave it behind. Parts that it was at
// work on are as those of a worker that was killed.
func (w Worker) Serve(ctx context.Context, log *Log) error {
	ctx, stop := context.WithCancelCause(grpcx.WriteWorkerID(ctx, w.ID))
	defer stop(nil)
	grpcx.Dial = dial
	go orphaned(ctx, os.Getppid, func() { stop(errOrphaned) })
	if err := w.ask(ctx); err != nil {
		return err
	}
	if err := w.adopt(); err != nil {
		return err
	}
	defer log.send(ctx, w.Logging)()
	forgot := make(chan struct{})
	go forgotten(ctx, &lately, w.Work, func() { close(forgot) })
	ended := make(chan error, 1)
	go func() {
		ended <- harness.MainWithOptions(ctx, w.Logging, w.Control, harness.Options{RunnerCapabilities: w.Capabilities, StatusEndpoint: w.Status})
	}()
	select {
	case err := <-ended:
		if err != nil {
			return exit.Errorf(exit.Failed, "the engine at %s is gone", w.Control)
		}
		return nil
	case <-forgot:
		return nil
	case <-ctx.Done():
		return exit.With(exit.Interrupted, context.Cause(ctx))
	}
}

// ask completes what the worker knows by what the engine's provision service says.
func (w *Worker) ask(ctx context.Context) error {
	if w.Provision != "" {
		info, err := tools.ProvisionInfo(ctx, w.Provision)
		if err != nil {
			return exit.Errorf(exit.Failed, "ask the engine at %s what to do: %w", w.Provision, err)
		}
		for endpoint, told := range map[*string]string{
			&w.Control: info.GetControlEndpoint().GetUrl(), &w.Logging: info.GetLoggingEndpoint().GetUrl(), &w.Status: info.GetStatusEndpoint().GetUrl(),
		} {
			if told != "" {
				*endpoint = told
			}
		}
		w.Capabilities = info.GetRunnerCapabilities()
		if w.Options, err = tools.ProtoToJSON(info.GetPipelineOptions()); err != nil {
			return fmt.Errorf("read the job's options: %w", err)
		}
	}
	if w.Control == "" || w.Logging == "" {
		return exit.Errorf(exit.Usage, "the engine names no endpoint for control or logging; a worker is started by an engine, or by `clinflow worker --pool`")
	}
	return nil
}

// adopt makes the job's options those of this process. Of hooks ours alone is taken:
// Beam's own writes the log past ours. Nor is sampling, which copies data to the engine.
func (w *Worker) adopt() error {
	w.Capabilities = slices.DeleteFunc(w.Capabilities, func(urn string) bool { return urn == graphx.URNDataSampling })
	var options runtime.RawOptionsWrapper
	if w.Options != "" {
		if err := json.Unmarshal([]byte(w.Options), &options); err != nil {
			return fmt.Errorf("read the job's options: %w", err)
		}
	}
	if options.Options.Options == nil {
		options.Options.Options = map[string]string{}
	}
	options.Options.Options["hooks"], options.Options.Options["hookOrder"] = `{"`+GuardHook+`": []}`, `["`+GuardHook+`"]`
	runtime.GlobalOptions.Import(options.Options)
	return nil
}

// orphaned calls gone when the process that started this one has ended: then another
// one is its parent.
func orphaned(ctx context.Context, parent func() int, gone func()) {
	first := parent()
	once(ctx, func() bool { return parent() != first }, gone)
}

// once looks each second whether something is so, and does what is to be done then.
func once(ctx context.Context, is func() bool, do func()) {
	for tick := time.Tick(time.Second); ctx.Err() == nil; {
		select {
		case <-tick:
			if is() {
				do()
				return
			}
		case <-ctx.Done():
		}
	}
}

var errOrphaned = fmt.Errorf("the process that started the worker is gone")
