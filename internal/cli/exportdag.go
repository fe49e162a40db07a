package cli

import (
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/exports/airflow"
	"github.com/clinflow/clinflow/exports/argo"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/runners"
)

// programInImages is where the containers that ../../Dockerfile makes have the program.
const programInImages = "/usr/local/bin/clinflow"

// exportFlags are the flags of the commands that write a DAG for another scheduler.
type exportFlags struct {
	dagFlags
	exports.Export
	output, start string
	local         bool
}

func (f *exportFlags) add(cmd *cobra.Command) {
	f.dagFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "file to write; standard output by default")
	flags.StringVar(&f.File, "dag-file", "", "the DAG file where its steps will run; as given by default")
	flags.StringVar(&f.Image, "image", "clinflow", "container image of steps")
	flags.StringVar(&f.GPUImage, "gpu-image", "clinflow-gpu", "container image of steps that train a model or ask one")
	flags.IntVar(&f.GPUs, "gpus", 1, "GPUs of each of them")
	flags.StringVar(&f.ServiceAccount, "service-account", "", "Kubernetes' service account of the containers")
	addBeamFlags(cmd)
}

// into loads the DAG and cuts it into tasks.
func (f *exportFlags) into(cmd *cobra.Command, s *settings, args []string) error {
	if err := f.checkFlags(cmd); err != nil {
		return err
	}
	runner, err := chosenRunner()
	if err != nil {
		return err
	}
	d, err := f.check(cmd.Context(), s, args, dags.Load)
	if err != nil {
		return err
	}
	f.Beam = chosenOptions(cmd)
	if !f.local {
		if err := checkElsewhere(d, runner, f.out); err != nil {
			return err
		}
	}
	if f.start != "" {
		if f.Start, err = time.Parse(time.DateOnly, f.start); err != nil {
			return exit.Errorf(exit.Usage, "--start %q: want a day such as 2026-01-31", f.start)
		}
	}
	if f.File == "" {
		f.File = args[0]
	}
	f.DAG, f.Runner, f.Options = d, runner, f.options(cmd)
	f.Tasks, err = exports.Tasks(s.env, d, !f.local)
	return err
}

// checkFlags refuses what no scheduler could run, and what a local file would leave out.
func (f *exportFlags) checkFlags(cmd *cobra.Command) error {
	var faults []error
	if f.out == "" {
		faults = append(faults, exit.Errorf(exit.Usage, "--out: an empty path names no folder"))
	}
	if f.GPUs < 1 {
		faults = append(faults, exit.Errorf(exit.Usage, "--gpus %d: want 1 or more", f.GPUs))
	}
	for _, name := range []string{"runner", "image", "gpu-image", "gpus", "service-account", "namespace", "gpu-pool"} {
		if f.local && cmd.Flags().Changed(name) {
			faults = append(faults, exit.Errorf(exit.Usage, "--%s says nothing with --local, where every step is a command on one machine; leave one of them out", name))
		}
	}
	return errors.Join(faults...)
}

// checkElsewhere is CheckRunner of a run on another machine: the worker's binary is there
// and not here.
func checkElsewhere(d *dags.DAG, runner, out string) error {
	binary := flag.Lookup("worker_binary").Value
	there := binary.String()
	here, err := os.Executable()
	if err == nil {
		err = binary.Set(here)
	}
	if err == nil {
		err = runners.CheckRunner(d, runner, out)
	}
	if back := binary.Set(there); err == nil {
		err = back
	}
	return err
}

// chosenOptions are Beam's options that the command line has.
func chosenOptions(cmd *cobra.Command) (chosen []exports.Option) {
	flag.CommandLine.VisitAll(func(of *flag.Flag) {
		if on := cmd.Flags().Lookup(of.Name); on == nil || !on.Changed || of.Name == "runner" {
			return
		}
		o := exports.Option{Name: of.Name, Values: []string{of.Value.String()}}
		if b, ok := of.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			if o.Values = nil; of.Value.String() != "true" {
				return
			}
		}
		chosen = append(chosen, o)
	})
	return chosen
}

// options are what each command of the export says: where its outputs are, the variables,
// and those of the flags of every command that the command line has.
func (f *exportFlags) options(cmd *cobra.Command) []exports.Option {
	all := []exports.Option{{Name: "out", Values: []string{f.out}}}
	if len(f.set) > 0 {
		all = append(all, exports.Option{Name: "set", Values: f.set})
	}
	for _, name := range []string{"memory", "workers", "device", "log-format"} {
		if of := cmd.Flags().Lookup(name); of.Changed {
			all = append(all, exports.Option{Name: name, Values: []string{of.Value.String()}})
		}
	}
	if cmd.Flags().Changed("group") {
		all = append(all, exports.Option{Name: "group"})
	}
	return all
}

// write leaves the file, and tells what the scheduler does otherwise.
func (f *exportFlags) write(s *settings, stdout io.Writer, text []byte, notes []string) error {
	for _, note := range notes {
		s.env.Log.Warn().Msg(note)
	}
	if f.output == "" {
		_, err := stdout.Write(text)
		return err
	}
	if info, err := os.Stat(f.output); err == nil && info.IsDir() {
		return exit.Errorf(exit.Usage, "--output: %s is a folder; name a file in it", f.output)
	}
	temporary, err := os.CreateTemp(filepath.Dir(f.output), ".clinflow-export-")
	if errors.Is(err, fs.ErrNotExist) {
		return exit.Errorf(exit.Usage, "--output: the folder %s is not there; make it, or name another one", filepath.Dir(f.output))
	}
	if err != nil {
		return store.DiskError("write", f.output, err)
	}
	defer os.Remove(temporary.Name()) // it is gone where all went well
	_, err = temporary.Write(text)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary.Name(), f.output)
	}
	return store.DiskError("write", f.output, err)
}

const exportAirflowLong = `Write a DAG as a file for Airflow 3.3 and later.

Data steps that are ready together are one task, a job of Beam's on --runner with Beam's
own options; all other steps are pods of Kubernetes, with a GPU where a model is trained
or asked; a gate is a branch. With --local every step is a command on the machine that
runs Airflow's tasks. The schedule, catch-up, retries and the timeout are the DAG file's.
docs/airflow.md says what the pods and the machine need.`

func newExportAirflow(s *settings) *cobra.Command {
	f := exportFlags{}
	cmd := &cobra.Command{
		Use:               "airflow DAG",
		Short:             "Write a DAG as a file for Airflow",
		Long:              exportAirflowLong,
		Args:              asUsed,
		ValidArgsFunction: dagArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.Binary == "" {
				if f.Binary = programInImages; f.local {
					f.Binary = "clinflow"
				}
			}
			if err := f.into(cmd, s, args); err != nil {
				return err
			}
			text, notes, err := airflow.Write(f.Export, f.local)
			if err != nil {
				return err
			}
			return f.write(s, cmd.OutOrStdout(), text, notes)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.local, "local", false, "every step is a command on the machine that runs Airflow's tasks")
	flags.StringVar(&f.Binary, "binary", "", "clinflow on the machine that runs Airflow's tasks, a path or gs://; by default "+programInImages+", with --local clinflow of the PATH")
	flags.StringVar(&f.start, "start", "", "the day from which Airflow catches up, such as 2026-01-31")
	flags.StringVar(&f.Namespace, "namespace", "", "Kubernetes' namespace of the pods")
	flags.StringVar(&f.Pool, "pool", "", "Airflow's pool of the tasks")
	flags.StringVar(&f.GPUPool, "gpu-pool", "", "Airflow's pool of the tasks with a GPU")
	return cmd
}

const exportArgoLong = `Write a DAG for Argo Workflows 3.6 and later: a CronWorkflow where it has a schedule,
and a Workflow elsewhere.

Every task is a container. Data steps that are ready together are one task, which begins a
job of Beam's on --runner with Beam's own options; a task that trains a model or asks one
has a GPU. The schedule, catch-up, overlap, retries and the timeout are the DAG file's.
docs/airflow.md says what the containers need.`

func newExportArgo(s *settings) *cobra.Command {
	f := exportFlags{}
	cmd := &cobra.Command{
		Use:               "argo DAG",
		Short:             "Write a DAG for Argo Workflows",
		Long:              exportArgoLong,
		Args:              asUsed,
		ValidArgsFunction: dagArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.into(cmd, s, args); err != nil {
				return err
			}
			text, notes, err := argo.Write(f.Export)
			if err != nil {
				return err
			}
			return f.write(s, cmd.OutOrStdout(), text, notes)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.Binary, "binary", programInImages, "clinflow in the images")
	return cmd
}
