package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/synth"
)

func newSynth() *cobra.Command {
	var o synth.Options
	var out string
	cmd := &cobra.Command{
		Use:   "synth",
		Short: "Write a synthetic MIMIC-IV tree (hosp, icu, note) with signal to learn",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := store.Open(out)
			if err != nil {
				return err
			}
			rows, err := synth.Generate(cmd.Context(), o, dir)
			if err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(rows)) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d\n", name, rows[name])
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Patients, "patients", 2000, "patients")
	flags.IntVar(&o.RadiologyPerAdmission, "radiology-per-admission", 2, "mean number of radiology reports for each admission")
	flags.Int64Var(&o.Seed, "seed", 1, "seed of everything")
	flags.BoolVar(&o.Canaries, "canaries", false, "put a canary word into admission sections too, to test for leaks")
	flags.StringVar(&out, "out", "", "folder to write")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}
