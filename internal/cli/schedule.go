package cli

import (
	"errors"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/schedule"
	"github.com/clinflow/clinflow/schedule/child"
)

func newSchedule(s *settings) *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{Use: "schedule", Short: "Run DAGs by their schedules, and see how they stand", Args: noSuchCommand, RunE: help}
	cmd.PersistentFlags().StringVar(&f.out, "out", "clinflow-out", "output folder of the runs, in which the scheduler keeps its journal")
	cmd.AddCommand(s.scheduleRun(&f), scheduleList(&f), s.scheduleNext(&f), scheduleCheck(&f), scheduleBackfill(&f),
		scheduleAsk(&f, schedule.Pause, "Let a DAG's times pass without runs, until it is resumed"),
		scheduleAsk(&f, schedule.Resume, "Let a paused DAG run by its schedule again; what passed is for its catchup to say"),
		scheduleAsk(&f, schedule.Trigger, "Run a DAG now, paused or not"))
	return cmd
}

const scheduleRunLong = `Run DAGs by their schedules, in the foreground, until Ctrl-C or SIGTERM.

DAG files are named, or a folder of them (this one by default), whose files without a
schedule are left out. A changed file counts from the next look on, a few seconds later;
one with faults is told, its DAG stays as it was, and the others go on.
Each run is what ` + "`clinflow run DAG`" + ` is, in a process of its own with the same flags;
what stands behind -- is given to it too, such as -- --runner flink. Runs of one output
folder take turns. A scheduler that was killed goes on where its journal ends.`

func (s *settings) scheduleRun(f *dagFlags) *cobra.Command {
	var standby bool
	cmd := &cobra.Command{
		Use: "run [DAG…]", Short: "Run DAGs by their schedules, in the foreground", Long: scheduleRunLong, Args: asUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, extra := args, []string(nil)
			if n := cmd.ArgsLenAtDash(); n >= 0 {
				paths, extra = args[:n], args[n:]
			}
			if len(paths) == 0 {
				paths = []string{"."}
			}
			return s.serve(cmd, f, paths, extra, standby)
		},
	}
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "set a var of the DAGs, name=value; may be repeated")
	cmd.Flags().BoolVar(&standby, "standby", false, "wait while another scheduler is at work in the output folder, and take its place when it ends")
	return cmd
}

func (s *settings) serve(cmd *cobra.Command, f *dagFlags, paths, extra []string, standby bool) error {
	set, err := dags.ParseSet(f.set)
	if err != nil {
		return err
	}
	read, err := schedule.Read(cmd.Context(), s.env, paths, set)
	if err == nil && len(read.Definitions) == 0 {
		err = read.Err()
	}
	teller, wrong := s.tellerOf(cmd, extra)
	if err = errors.Join(err, wrong); err != nil {
		return err
	}
	defer teller.wait()
	out, err := outdir.Prepare(f.out, schedule.Folder, "runs")
	if err != nil {
		return err
	}
	flags := s.childFlags(cmd.Flags(), out, f.set, extra)
	runner, err := child.New(out, func(a schedule.Attempt) []string {
		return append([]string{"run", a.File, "--scheduled", a.Run, "--attempt", strconv.Itoa(a.Number)}, flags...)
	}, os.Stderr)
	if err != nil {
		return err
	}
	return schedule.Serve(cmd.Context(), schedule.Options{
		Out: out, Runner: runner, Woken: runner.Woken(), Tell: teller.tell, Standby: standby,
		Define: func() (schedule.Reading, error) {
			read, err := schedule.Read(cmd.Context(), s.env, paths, set)
			teller.begin(read)
			return read, err
		},
		Waits: func(by store.Holder) {
			s.env.Log.Info().Msgf("another scheduler is at work in %s%s; this one waits to take its place", out.URI(), by.Told())
		},
	})
}

// tellerOf tells what happens in a scheduler. What stands behind -- is refused as each run
// would refuse it; this process runs no DAG itself, so the values that are set here are
// read by nothing else.
func (s *settings) tellerOf(cmd *cobra.Command, extra []string) (*scheduledTeller, error) {
	run, _, err := cmd.Root().Find([]string{"run"})
	if err == nil {
		err = run.ParseFlags(extra)
	}
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "behind --: %w; `clinflow run --help` lists the flags of a run", err)
	}
	t := &scheduledTeller{settings: s}
	t.failure.Output = os.Stderr
	t.failure.Command, err = run.Flags().GetString("on-failure")
	if err == nil {
		t.failure.URL, err = run.Flags().GetString("on-failure-url")
	}
	return t, errors.Join(err, t.failure.Check())
}

// childFlags are the flags that a run is given: those of every command that were typed,
// and those of its own.
func (s *settings) childFlags(typed *pflag.FlagSet, out store.Dir, set, extra []string) []string {
	flags := []string{"--out", out.URI()}
	for _, value := range set {
		flags = append(flags, "--set", value)
	}
	typed.Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "out", "set", "standby", "cpuprofile", "memprofile":
		default:
			flags = append(flags, "--"+f.Name+"="+f.Value.String())
		}
	})
	return append(flags, extra...)
}
