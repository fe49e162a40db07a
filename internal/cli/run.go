package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/version"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/schedule"
	"github.com/clinflow/clinflow/stages"
)

// dagFlags are the flags of the commands that take a DAG.
type dagFlags struct {
	out   string
	set   []string
	want  dags.Choice
	small bool              // the journal tells small counts
	by    runners.Scheduled // the scheduler that begins the run; Run is "" where a person does
	above string            // the size of inputs from which a step runs on the engine
	telling
}

func (f *dagFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.out, "out", "clinflow-out", "output folder")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "set a var of the DAG, name=value; may be repeated")
}

// addChoice adds the flags that choose steps of the DAG.
func (f *dagFlags) addChoice(s *settings, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.want.Downstream, "downstream", nil, "choose this step and all that depends on it; may be repeated")
	flags.StringSliceVar(&f.want.Until, "until", nil, "choose nothing but this step and what it needs; with other steps or --downstream, of those")
	flags.BoolVar(&f.want.Only, "only", false, "run the chosen steps alone: what they need must be there and current, or nothing runs")
	flags.StringSliceVar(&f.want.Force, "force", nil, "run this step again though its output is there; may be repeated")
	flags.BoolVar(&f.want.ForceAll, "force-all", false, "run every one of the chosen steps again")
	for _, flag := range []string{"downstream", "until", "force"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, f.stepsOf(s))
	}
}

// addRun adds the flags of the commands that run a DAG.
func (f *dagFlags) addRun(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.by.Run, "scheduled", "", "the scheduler's id of the run")
	cmd.Flags().IntVar(&f.by.Attempt, "attempt", 1, "which try at it this is")
	_ = cmd.Flags().MarkHidden("scheduled")
	_ = cmd.Flags().MarkHidden("attempt")
	cmd.Flags().BoolVar(&f.small, "show-small-cells", false, "tell counts of one to nine in the journal, which hides them")
	cmd.Flags().StringVar(&f.above, "remote-above", "0", "data steps whose inputs are smaller, for example than 1GiB, run in this process though --runner names an engine, which takes minutes to begin a job")
	f.telling.add(cmd)
}

// stepRunner is what runs the steps on a runner of Beam's.
func (f *dagFlags) stepRunner(runner string) (runners.StepRunner, error) {
	above, err := humanize.ParseBytes(f.above)
	if err != nil || above > math.MaxInt64 {
		return nil, exit.Errorf(exit.Usage, "--remote-above: %q is not a size; write for example 1GiB", f.above)
	}
	on := runners.Beam{Runner: runner}
	switch runner {
	case engine.Direct:
		return on, nil
	case engine.Prism: // begins a job at once
		return runners.Level{Beam: on, RemoteAbove: int64(above), Wait: time.Second}, nil
	default:
		return runners.Level{Beam: on, RemoteAbove: int64(above), Wait: time.Minute}, nil
	}
}

// check reads the DAG that args name, or the steps of it that they name too, by
// dags.Inspect, or by dags.Load, which looks at its file alone.
func (f *dagFlags) check(ctx context.Context, s *settings, args []string, by func(context.Context, *stages.Environment, dags.Request) (*dags.DAG, error)) (*dags.DAG, error) {
	set, err := dags.ParseSet(f.set)
	if err != nil {
		return nil, err
	}
	want := f.want
	want.Steps = args[1:]
	return by(ctx, s.env, dags.Request{DAG: args[0], Set: set, Choice: want, Flags: s.faults})
}

func newRun(s *settings) *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{
		Use:   "run DAG [STEP…]",
		Short: "Run the steps of a DAG whose output is not there yet, or those chosen and what they need",
		Long: "Run the steps of a DAG file, or of a shipped DAG by its name (" + strings.Join(dags.Shipped(), ", ") + ").\n" +
			"A step whose stage, configuration and inputs are unchanged is not run again.\n" +
			"Where steps are chosen, as plan names them, these and what they need are run, and no others;\n" +
			"a file is published where the step that it comes from is among them.\n" +
			"With --only not even what they need is run: it must be there, or the run ends with exit code 2.\n" +
			"Beam's own options are taken too, under Beam's names.",
		Args:              asUsed,
		ValidArgsFunction: f.dagAndSteps(s),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.run(cmd, &f, args)
		},
	}
	f.add(cmd)
	f.addChoice(s, cmd)
	addBeamFlags(cmd)
	f.addRun(cmd)
	return cmd
}

// asRun takes flags alone for a run, where they name a DAG: so Airflow's operator for Beam
// starts a launcher. --dag and --step stand for the words DAG and STEP….
func asRun(args []string) []string {
	if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return args
	}
	run, named := []string{"run"}, map[string][]string{}
	for _, arg := range args {
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if given && (name == "dag" || name == "step") {
			named[name] = append(named[name], value)
		} else {
			run = append(run, arg)
		}
	}
	if len(named["dag"]) != 1 {
		return args
	}
	return append(append(append(run, "--"), named["dag"]...), named["step"]...)
}

// run runs a DAG and tells who is to be told.
func (s *settings) run(cmd *cobra.Command, f *dagFlags, args []string) error {
	if err := f.telling.begin(cmd.Context(), s); err != nil {
		return err
	}
	err := s.runDAG(cmd, f, args)
	f.telling.end(cmd.Context(), s, args[0], err)
	return err
}

func (s *settings) runDAG(cmd *cobra.Command, f *dagFlags, args []string) error {
	runner, err := chosenRunner()
	if err != nil {
		return err
	}
	check := dags.Inspect
	if dryRun() || engine.Elsewhere(runner) {
		check = dags.Load // this machine need not see the inputs
	}
	d, refused := f.check(cmd.Context(), s, args, check)
	if d == nil {
		return refused
	}
	if err := runners.CheckRunner(d, runner, f.out); err != nil {
		return err
	}
	if dryRun() {
		logs.AdoptSlog(s.env.Log, zerolog.InfoLevel) // the runner logs the job
		return runners.DryRun(cmd.Context(), s.env, d, f.out)
	}
	return s.execute(cmd, d, f, runner, refused)
}

// execute runs a DAG; one that is refused for its inputs leaves its failure in the
// journal and nothing else.
func (s *settings) execute(cmd *cobra.Command, d *dags.DAG, f *dagFlags, runner string, refused error) error {
	_, revision := version.Of()
	on, err := f.stepRunner(runner)
	if err != nil {
		return err
	}
	goOn, rest := again(os.Args), again(unforced(os.Args))
	var by *runners.Scheduled
	if f.by.Run != "" {
		goOn, rest = "", "" // it is for the scheduler to go on
		f.by.Admit = func(ctx context.Context, out store.Dir) error {
			return schedule.Admit(ctx, out, f.by.Run, f.by.Attempt)
		}
		by = &f.by
	}
	return runners.Execute(cmd.Context(), s.env, d, on, runners.Options{
		Scheduled: by,
		Out:       f.out, ShowSmallCells: f.small, Workers: s.env.Workers, Runner: runner, Revision: revision,
		Again: goOn, Rest: rest, Refused: refused,
		Notify: func(e runners.Event) { s.announce(e); f.note(e) },
	})
}

// announce logs what happens to steps as it happens.
func (s *settings) announce(e runners.Event) {
	entry := s.env.Log.Info()
	if e.Step != "" {
		entry = entry.Str("step", e.Step)
	}
	if e.Seconds > 0 {
		entry = entry.Str("took", fmt.Sprintf("%.1fs", e.Seconds))
	}
	if len(e.Reasons) > 0 {
		entry = entry.Str("because", strings.Join(e.Reasons, "; "))
	}
	if e.File != "" {
		entry = entry.Str("file", e.File)
	}
	entry.Msg(e.Kind)
}
