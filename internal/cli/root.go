package cli

import (
	"cmp"
	"errors"
	"flag"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	_ "github.com/clinflow/clinflow/internal/store/gs" // gs:// is known where it is linked
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train"
)

// leastMemory is what data stages get by with: below it the program itself, its
// buffers and its garbage are more than the budget.
const leastMemory = 256 << 20

// settings are the flags of every command.
type settings struct {
	logFormat string
	quiet     bool
	verbose   bool
	memory    string
	workers   int
	device    string
	group     bool
	profiles  profiles
	env       *stages.Environment
	faults    []stages.Fault // of flags; a command that takes a DAG tells them with the DAG's
}

// newRoot builds the command line. started becomes true when a command's own work
// begins.
func newRoot(s *settings, started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:           "clinflow",
		Short:         "Turn MIMIC clinical notes into trained, evaluated clinical LLaMA adapters",
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          help,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			err := s.apply(cmd.Flags().Changed("workers"))
			if takesDAG := cmd.Flags().Lookup("set") != nil; err == nil && !takesDAG && len(s.faults) > 0 {
				err = s.faults[0].Err
			}
			return err
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&s.logFormat, "log-format", logs.Console, "every line on standard error as json or console")
	flags.BoolVar(&s.quiet, "quiet", false, "no progress, errors only")
	flags.BoolVar(&s.verbose, "verbose", false, "also what Beam and the engine report")
	flags.StringVar(&s.memory, "memory", "1GiB", "what the process may take while data stages run, for example 512MiB; 256MiB is the least")
	flags.IntVar(&s.workers, "workers", runtime.GOMAXPROCS(0), "goroutines that work on parts and kernels")
	flags.StringVar(&s.device, "device", "auto", "where training runs: auto (a GPU where there is one), cuda, cuda:N, cpu, or cpu:go, cpu:avx2, cpu:avx512 to name the kernels")
	flags.BoolVar(&s.group, "group", false, "share the outputs with the folder's group: folders 0750, files 0640, and an output folder of another owner or of a group is taken")
	flags.StringVar(&s.profiles.cpu, "cpuprofile", "", "write a CPU profile to this file, for go tool pprof")
	flags.StringVar(&s.profiles.memory, "memprofile", "", "write a profile of allocations to this file, for go tool pprof")
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(unknownFlag)
	complete(root, "log-format", logs.Console, logs.JSON)
	complete(root, "device", "auto", "cuda", "cpu", "cpu:go", "cpu:avx2", "cpu:avx512")
	root.AddCommand(newDemo(s), newRun(s), newPlan(s), newAccept(s), newLint(s), newStages(s), newTasks(s), newParams(), newMerge(s), newSynth(s), newExport(s),
		newCat(), newVerify(), newRuns(), newSchedule(s), newUI(s), newModels(s), newInspect(s), newWorker(s), newVersion())
	noteStart(root, started)
	return root
}

// noteStart notes when a command's own work begins: what fails before is cobra's
// complaint about flags or arguments.
func noteStart(cmd *cobra.Command, started *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return run(c, args)
		}
	}
	for _, sub := range cmd.Commands() {
		noteStart(sub, started)
	}
}

// apply makes the environment that the flags describe and sets up the process.
func (s *settings) apply(workersGiven bool) error {
	level, libraries := zerolog.InfoLevel, zerolog.ErrorLevel
	if s.quiet {
		level = zerolog.ErrorLevel
	}
	if s.verbose {
		libraries = zerolog.InfoLevel
	}
	if err := s.show(level); err != nil {
		return err
	}
	if s.workers < 1 {
		return exit.Errorf(exit.Usage, "--workers must be at least 1")
	}
	budget, err := s.budget()
	s.env = s.env.With(func(e *stages.Settings) {
		e.Workers, e.Device, e.Memory = s.workers, s.device, budget
		if workersGiven {
			e.RemoteWorkers = s.workers
		}
	})
	s.faults = append(stages.FaultOf("--memory", err), stages.FaultOf("--device", train.CheckDevice(s.env))...)
	return s.process(libraries)
}

// show sets where the environment logs and shows progress: both go to standard error,
// log lines above the bars.
func (s *settings) show(level zerolog.Level) error {
	var sink *progress.Sink
	if !s.quiet && s.logFormat == logs.Console {
		sink = progress.To(os.Stderr)
	}
	logger, err := logs.To(progress.Above{Sink: sink, Out: os.Stderr}, s.logFormat, level)
	if err != nil {
		return err
	}
	if !s.quiet && s.logFormat == logs.JSON {
		sink = progress.ToLog(logger)
	}
	s.env = s.env.With(func(e *stages.Settings) { e.Log, e.Progress = logger, sink })
	return nil
}

// budget is what --memory says; what it is by default where that is an error.
func (s *settings) budget() (*memory.Budget, error) {
	bytes, err := humanize.ParseBytes(s.memory)
	switch {
	case err != nil || bytes > math.MaxInt64:
		return s.env.Memory, exit.Errorf(exit.Usage, "--memory: %q is not a size; write for example 512MiB", s.memory)
	case bytes < leastMemory:
		return s.env.Memory, exit.Errorf(exit.Usage, "--memory: %s is too little; give 256MiB or more", s.memory)
	}
	return memory.New(int64(bytes)), nil
}

// process sets what a process has one of, however many environments it has: the modes
// of the files that it makes, profiles, Beam with its flags, and two logs. zerolog's own
// takes the warnings of packages that know no environment, those that read a model's or a
// tokenizer's files; slog's takes what Beam and gRPC say. (What is left is Go's
// collector: internal/memory steers it.)
func (s *settings) process(libraries zerolog.Level) error {
	store.ShareWithGroup(s.group)
	if err := s.profiles.start(); err != nil {
		return err
	}
	if err := flag.CommandLine.Parse(nil); err != nil {
		return errors.New("cannot initialise Beam's flags")
	}
	if !beam.Initialized() {
		beam.Init()
	}
	log.Logger = s.env.Log
	logs.AdoptSlog(s.env.Log, libraries)
	return nil
}

// addBeamFlags lets a command take Beam's own options under Beam's own names.
// They are hidden from its help, which would drown in them.
func addBeamFlags(cmd *cobra.Command) {
	beamFlags := pflag.NewFlagSet("beam", pflag.ContinueOnError)
	beamFlags.AddGoFlagSet(flag.CommandLine)
	beamFlags.VisitAll(func(f *pflag.Flag) {
		f.Hidden = f.Name != "runner" && f.Name != "detach"
		cmd.Flags().AddFlag(f)
	})
	complete(cmd, "runner", engine.Names...)
	runner := cmd.Flags().Lookup("runner")
	runner.DefValue = "direct"
	runner.Usage = "where data stages run: " + strings.Join(engine.Names, ", ") + "; direct is this process, the others take Beam's own options, such as --project, --region, --staging_location, --endpoint, --dry_run"
}

// chosenRunner is the value of --runner, which may be Beam's own name of one.
func chosenRunner() (string, error) {
	name := engine.Canonical(cmp.Or(flag.Lookup("runner").Value.String(), engine.Direct))
	if !slices.Contains(engine.Names, name) {
		return "", exit.Errorf(exit.Usage, "--runner %q: choose one of %s", name, strings.Join(engine.Names, ", "))
	}
	return name, nil
}

// dryRun says whether the runner was told --dry_run.
func dryRun() bool {
	f := flag.Lookup("dry_run")
	return f != nil && f.Value.String() == "true"
}
