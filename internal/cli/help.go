package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
)

// help is what a command does that only has commands below it.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// noSuchCommand answers a first word that is no command.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return exit.Errorf(exit.Usage, "unknown command %q; %s", args[0],
		cmp.Or(suggest.Choice(args[0], names), "`"+cmd.CommandPath()+" --help` lists the commands"))
}

// newHelp is cobra's help command, which knows no error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil {
				err = noSuchCommand(about, rest)
			}
			if err != nil {
				return err
			}
			return about.Help()
		},
	}
}
