package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages"
)

func newStages(s *settings) *cobra.Command {
	var schema bool
	cmd := &cobra.Command{
		Use:               "stages [NAME]",
		Short:             "List the stages, or describe one: its ports, configuration, a sample and examples",
		Args:              asUsed,
		ValidArgsFunction: first(s.env.Names),
		RunE: func(cmd *cobra.Command, args []string) error {
			if schema {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(dags.Schema(s.env))
			}
			if len(args) == 0 {
				return listStages(cmd, s.env)
			}
			spec, ok := s.env.Lookup(args[0])
			if !ok {
				return exit.Errorf(exit.Usage, "no stage %s; %s", args[0], cmp.Or(suggest.Choice(args[0], s.env.Names()), "`clinflow stages` lists them"))
			}
			return describeStage(cmd.OutOrStdout(), s.env, spec)
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON schema of DAG files instead, for editors")
	return cmd
}

// describeStage prints a stage's reference and its examples.
func describeStage(w io.Writer, env *stages.Environment, spec stages.Spec) error {
	err := spec.Describe(w)
	for _, example := range env.Examples(spec.Name) {
		err = errors.Join(err, example.Describe(w))
	}
	return err
}

func listStages(cmd *cobra.Command, env *stages.Environment) error {
	for _, name := range env.Names() {
		spec, _ := env.Lookup(name)
		first, _, _ := strings.Cut(spec.Doc, ". ")
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-18s %-7s %s\n", name, spec.Shape, strings.TrimSuffix(first, ".")); err != nil {
			return err
		}
	}
	return nil
}
