package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/exports/airflow"
	"github.com/clinflow/clinflow/exports/argo"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

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
