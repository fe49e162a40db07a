package cli

import (
	"context"
	"os"
	"strings"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/pipelines/worker"
	"github.com/clinflow/clinflow/stages"
)

func newWorker(s *settings) *cobra.Command {
	var w worker.Worker
	var pool string
	var beyond bool
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Work for an engine such as Flink: the command of Beam's environment PROCESS, or with --pool that of EXTERNAL",
		Long: "Work for an engine such as Flink that was given a job by run or demo.\n" +
			"An engine starts it by itself with --environment_type PROCESS and\n" +
			"--environment_config '{\"command\": \"/path/to/clinflow\"}': it adds --id and --provision_endpoint,\n" +
			"and the word worker may be left out. With --pool it starts such workers for engines that ask for\n" +
			"them, for --environment_type EXTERNAL and --environment_config HOST:PORT.\n" +
			"Memory, workers, what is logged and who may read the outputs come with the job.",
		Args: asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"memory", "workers", "group"} {
				if cmd.Flags().Changed(name) {
					return exit.Errorf(exit.Usage, "--%s: give it to the command that submits the job; it comes with the work", name)
				}
			}
			if pool != "" {
				return s.pool(cmd.Context(), pool, beyond)
			}
			return s.work(cmd.Context(), w)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&pool, "pool", "", "start workers for engines that ask for them at this HOST:PORT, for example 127.0.0.1:50000")
	flags.BoolVar(&beyond, "beyond-loopback", false, "let --pool listen where other machines reach it")
	flags.StringVar(&w.ID, "id", "", "name of the worker, of the engine's choice")
	flags.StringVar(&w.Provision, "provision_endpoint", "", "HOST:PORT where the engine says the rest")
	flags.StringVar(&w.Control, "control_endpoint", "", "HOST:PORT where the engine gives out work")
	flags.StringVar(&w.Logging, "logging_endpoint", "", "HOST:PORT where the engine takes the log")
	flags.String("artifact_endpoint", "", "not needed: the worker is this program")
	flags.String("semi_persist_dir", "", "not needed: nothing is staged")
	flags.Bool("worker", false, "the same as the word worker, as Beam's boot says it")
	for _, name := range []string{"artifact_endpoint", "semi_persist_dir", "worker"} {
		flags.Lookup(name).Hidden = true
	}
	return cmd
}

// asWorker adds the word worker to the arguments of an engine, which gives flags alone.
func asWorker(args []string) []string {
	if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return args
	}
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "worker" || name == "provision_endpoint" {
			return append([]string{"worker"}, args...)
		}
	}
	return args
}

// work serves an engine. All that is logged goes to it.
func (s *settings) work(ctx context.Context, w worker.Worker) error {
	if w.Provision == "" { // Beam's boot has asked
		w.Status, w.Capabilities = os.Getenv("STATUS_ENDPOINT"), strings.Fields(os.Getenv("RUNNER_CAPABILITIES"))
		if name := os.Getenv("PIPELINE_OPTIONS_FILE"); name != "" {
			options, err := os.ReadFile(name)
			if err != nil {
				return exit.Errorf(exit.Failed, "read the job's options: %w", err)
			}
			w.Options = string(options)
		}
	}
	lines := worker.NewLog(s.verbose)
	s.env = s.env.With(func(e *stages.Settings) {
		e.Log, e.Progress = zerolog.New(lines).Level(zerolog.InfoLevel), nil
	})
	log.Logger = s.env.Log
	logs.AdoptSlog(s.env.Log, zerolog.ErrorLevel)
	pipelines.WorkIn(s.env)
	w.Work = pipelines.Work
	return w.Serve(ctx, lines)
}

func (s *settings) pool(ctx context.Context, address string, beyond bool) error {
	listener, err := worker.Listen(address, beyond)
	if err != nil {
		return err
	}
	if beyond {
		s.env.Log.Warn().Msg("whoever reaches the pool can start workers, which read and write what this account may: let the engine alone through the firewall")
	}
	self, err := os.Executable()
	if err != nil {
		return exit.Errorf(exit.Failed, "find this program: %w", err)
	}
	command := []string{self, "worker"}
	if s.verbose {
		command = append(command, "--verbose")
	}
	pool := worker.Pool{Command: command, Log: s.env.Log}
	return pool.Serve(ctx, listener)
}
