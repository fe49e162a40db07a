package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

func newStages() *cobra.Command {
	return &cobra.Command{
		Use:   "stages [NAME]",
		Short: "List the stages, or describe one: its ports, configuration and a sample",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listStages(cmd)
			}
			spec, ok := stages.Lookup(args[0])
			if !ok {
				return exit.Errorf(exit.Usage, "no stage %s; choose one of %s", args[0], strings.Join(stages.Names(), ", "))
			}
			return spec.Describe(cmd.OutOrStdout())
		},
	}
}

func listStages(cmd *cobra.Command) error {
	for _, name := range stages.Names() {
		spec, _ := stages.Lookup(name)
		first, _, _ := strings.Cut(spec.Doc, ". ")
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-18s %-7s %s\n", name, spec.Shape, strings.TrimSuffix(first, ".")); err != nil {
			return err
		}
	}
	return nil
}
