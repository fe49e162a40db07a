package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/meds"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/version"
)

func newExport(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write patients, or a DAG, in a form that other programs read",
		Args:  noSuchCommand,
		RunE:  help,
	}
	cmd.AddCommand(newExportMEDS(s), newExportAirflow(s), newExportArgo(s))
	return cmd
}

const exportMEDSLong = `Write patients as a dataset of the Medical Event Data Standard (MEDS 0.4).

DATASET is the folder of an ingest step. Its patients' births, deaths, admissions,
discharges, diagnoses, procedures and ICU stays become events: data/ has a shard for
each part, metadata/ the codes, a description, and with --splits who is trained on.
An event stands at the time from which it was known. Diagnoses and procedures are
coded when the patient is discharged; a death outside the hospital is known at the
end of its day. Rows without a time are left out and counted.

The events are as confidential as the tables that they are made of. Notes are left
out. With --notes their text is written too, whole and as it is.

The folder must be empty, or not there yet.`

func newExportMEDS(s *settings) *cobra.Command {
	var o meds.Options
	var out, splits string
	cmd := &cobra.Command{
		Use:               "meds DATASET --out DIR",
		Short:             "Write patients as a MEDS dataset, without the text of notes unless --notes is given",
		Long:              exportMEDSLong,
		Args:              asUsed,
		ValidArgsFunction: datasetArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			patients, err := dataset.Open(cmd.Context(), args[0])
			if err == nil && splits != "" {
				o.Splits, err = dataset.Open(cmd.Context(), splits)
			}
			if err != nil {
				return err
			}
			o.Workers, o.Progress = s.env.Workers, s.env.Progress
			o.Version, _ = version.Of()
			return exportMEDS(cmd, patients, o, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "", "folder to write")
	flags.StringVar(&splits, "splits", "", "folder of a split step: val is MEDS' tuning, test its held_out")
	flags.BoolVar(&o.Notes, "notes", false, "write the text of notes too: confidential, and out of clinflow's care from then on")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func exportMEDS(cmd *cobra.Command, patients *dataset.Dataset, o meds.Options, out string) error {
	var counts meds.Counts
	err := intoEmpty(cmd.Context(), out, func(dir store.Dir) (err error) {
		counts, err = meds.Export(cmd.Context(), patients, o, dir)
		return err
	})
	if err != nil {
		return err
	}
	tell := func(what string, n int64) {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", what, smallcell.Of(n))
	}
	tell("patients", counts.Patients)
	tell("events", counts.Events)
	tell("codes", int64(len(counts.Codes)))
	tell("left out without a time", counts.Untimed)
	if o.Notes {
		tell("notes left out as errors", counts.Errors)
	}
	return nil
}
