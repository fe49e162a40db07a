package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

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

// lookAt reads how things stand in the output folder.
func lookAt(cmd *cobra.Command, f *dagFlags) (store.Dir, schedule.Overview, error) {
	out, err := store.Open(f.out)
	if err != nil {
		return nil, schedule.Overview{}, err
	}
	o, err := schedule.Look(cmd.Context(), out, time.Now())
	return out, o, err
}

func scheduleList(f *dagFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "The DAGs that are scheduled, when each is due, and how its runs went", Args: asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, o, err := lookAt(cmd, f)
			if err != nil {
				return err
			}
			if !asJSON {
				return o.Write(cmd.OutOrStdout())
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			return encoder.Encode(o)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one JSON object, for programs")
	return cmd
}

func (s *settings) scheduleNext(f *dagFlags) *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use: "next [DAG…]", Short: "When DAGs are due next: those that are scheduled, or DAG files", Args: asUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			definitions, err := s.upcoming(cmd, f, args)
			if err == nil && len(definitions) == 0 {
				err = exit.Errorf(exit.Usage, "no DAG is scheduled in %s; name DAG files, or the output folder of a scheduler by --out", f.out)
			}
			for i := 0; err == nil && i < len(definitions); i++ {
				err = definitions[i].Upcoming(cmd.OutOrStdout(), time.Now(), count)
			}
			return err
		},
	}
	cmd.Flags().IntVar(&count, "count", 5, "how many times of each")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "set a var of the DAG files, name=value; may be repeated")
	return cmd
}

// upcoming are the definitions of DAG files, or of scheduled DAGs by their names.
func (s *settings) upcoming(cmd *cobra.Command, f *dagFlags, args []string) (definitions []schedule.Definition, err error) {
	if len(args) > 0 && isFile(args[0]) {
		set, err := dags.ParseSet(f.set)
		if err != nil {
			return nil, err
		}
		read, err := schedule.Read(cmd.Context(), s.env, args, set)
		return read.Definitions, errors.Join(err, read.Err())
	}
	_, o, err := lookAt(cmd, f)
	if err != nil {
		return nil, err
	}
	chosen, err := o.Choose(args...)
	for _, status := range chosen {
		definitions = append(definitions, status.Definition)
	}
	return definitions, err
}

// isFile says whether a word is a DAG file's or a folder's, here or mistyped, rather than
// the name of a DAG.
func isFile(word string) bool {
	_, err := os.Stat(word)
	return err == nil || slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(word))
}

func scheduleCheck(f *dagFlags) *cobra.Command {
	return &cobra.Command{
		Use: "check [DAG…]", Args: asUsed,
		Short: "Exit with 1 where no scheduler is at work, a DAG file has faults, or a DAG has had no good run within its freshness",
		RunE: func(cmd *cobra.Command, args []string) error {
			_, o, err := lookAt(cmd, f)
			if err == nil {
				err = o.Check(args...)
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "all is well%s\n", o.Scheduler.Told())
			}
			return err
		},
	}
}

func scheduleAsk(f *dagFlags, kind, short string) *cobra.Command {
	return &cobra.Command{
		Use: kind + " DAG", Short: short, Args: asUsed, ValidArgsFunction: f.scheduled,
		RunE: func(cmd *cobra.Command, args []string) error {
			out, err := store.Open(f.out)
			if err == nil {
				err = schedule.Ask(cmd.Context(), out, kind, args[0])
			}
			if err != nil {
				return err
			}
			return asked(cmd, f, kind+" "+args[0])
		},
	}
}

// asked says that a request is on disk, and who will take it up.
func asked(cmd *cobra.Command, f *dagFlags, what string) error {
	_, o, err := lookAt(cmd, f)
	if err != nil {
		return err
	}
	who := "the scheduler takes it up within seconds"
	if o.Scheduler.Process == 0 {
		who = "no scheduler is at work: the next one takes it up"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: noted; %s\n", what, who)
	return err
}

// scheduled completes a DAG that is scheduled.
func (f *dagFlags) scheduled(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	_, o, err := lookAt(cmd, f)
	if err == nil && len(args) == 0 {
		for _, status := range o.DAGs {
			names = append(names, status.DAG)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func scheduleBackfill(f *dagFlags) *cobra.Command {
	var from, to string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "backfill DAG --from TIME --to TIME", Args: asUsed, ValidArgsFunction: f.scheduled,
		Short: "Run the times of a schedule that have no good run, from one day or moment to another",
		RunE: func(cmd *cobra.Command, args []string) error {
			out, o, err := lookAt(cmd, f)
			if err != nil {
				return err
			}
			chosen, err := o.Choose(args[0])
			if err != nil {
				return err
			}
			begin, end, err := chosen[0].Stretch(from, to)
			if err != nil {
				return err
			}
			due, lacking, err := schedule.Lacking(cmd.Context(), out, args[0], begin, end)
			if err != nil {
				return err
			}
			for _, moment := range lacking {
				fmt.Fprintln(cmd.OutOrStdout(), moment.Format(time.RFC3339))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d of %d times have no good run\n", len(lacking), len(due))
			if dryRun || len(lacking) == 0 {
				return nil
			}
			return errors.Join(schedule.AskFor(cmd.Context(), out, args[0], lacking), asked(cmd, f, "backfill "+args[0]))
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the first day, such as 2026-03-01, or moment, such as 2026-03-01T02:30:00Z")
	cmd.Flags().StringVar(&to, "to", "", "the last day or moment, which is among them")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say which times would be run, and ask for nothing")
	return cmd
}
