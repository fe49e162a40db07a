package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"text/tabwriter"

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
			return s.env.Describe(cmd.OutOrStdout(), spec)
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON schema of DAG files instead, for editors")
	return cmd
}

// firstClause ends before a point, colon or semicolon that a blank follows, of which
// those in parentheses are none.
var firstClause = regexp.MustCompile(`^(\([^)]*\)|[.:;]\S|[^.:;])*`)

// listStages prints of each stage its name, its shape and the first clause of what it
// does.
func listStages(cmd *cobra.Command, env *stages.Environment) error {
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, name := range env.Names() {
		spec, _ := env.Lookup(name)
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, spec.Shape, firstClause.FindString(spec.Doc))
	}
	return table.Flush()
}
