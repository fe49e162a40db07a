package cli

import (
	"errors"
	"flag"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/internal/exit"
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
